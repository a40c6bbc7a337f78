export { UnreadableFile } from './client/FilePlan.ts'
export { type Fetched, type FetchOptions, fetchVerified } from './client/fetch-verified.ts'
export { InvalidSource, type SourceStats, SourcesExhausted } from './client/SourcePool.ts'
export { DiskStore, type DiskStoreOptions } from './DiskStore.ts'
export { type GatewayOptions, gatewayPlugin } from './gateway/plugin.ts'
export {
  type ByteRange,
  ContentMismatch,
  type Expectation,
  type Garbage,
  type GarbageOptions,
  NotStored,
  type PutOptions,
  RangeOutside,
  type Store,
  StoreDamaged,
  type Stored,
  StoreFull,
} from './Store.ts'
export { StoreBusy } from './StoreLock.ts'
export { type DigestOptions, digestFile, verifyFile } from './verify-file.ts'
