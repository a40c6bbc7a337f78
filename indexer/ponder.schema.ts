// Money is µUSDC. `at` is the block's time in unix seconds. `id` of an event row is "<transaction hash>-<log index>".
export * from './schema/money.ts'
export * from './schema/registry.ts'
export * from './schema/signals.ts'
