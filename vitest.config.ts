import { defineConfig } from 'vitest/config'

/** Tests whose name ends in `.heavy.test.ts` run only under CI=true. */
const heavy = process.env.CI === 'true' ? [] : ['**/*.heavy.test.ts']

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', ...heavy],
    testTimeout: 60_000,
    hookTimeout: 180_000,
    maxWorkers: 2,
    env: { ORT_DISABLE_TELEMETRY: '1', PONDER_TELEMETRY_DISABLED: 'true' },
  },
})
