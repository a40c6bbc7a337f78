export * as ProviderWire from './provider.ts'
