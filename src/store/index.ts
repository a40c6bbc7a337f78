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
