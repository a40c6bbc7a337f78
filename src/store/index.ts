export { UnreadableFile } from './client/FilePlan.ts'
export { type Fetched, type FetchOptions, fetchVerified } from './client/fetch-verified.ts'
export { InvalidSource, type SourceStats, SourcesExhausted } from './client/SourcePool.ts'
export { DiskStore, type DiskStoreOptions } from './DiskStore.ts'
export { carOf } from './gateway/car.ts'
export { type GatewayOptions, gatewayPlugin } from './gateway/plugin.ts'
export {
  type ByteRange,
  type ComposeOptions,
  type Composition,
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
  XorbMissing,
  type Xorbs,
} from './Store.ts'
export { StoreBusy } from './StoreLock.ts'
export { type DigestOptions, digestFile, verifyFile } from './verify-file.ts'
export { BadComposition } from './xet/ComposedFiles.ts'
export type { Recipe, Term } from './xet/Recipe.ts'
export { BadXorb, type XorbTable } from './xet/XorbTable.ts'
