export * as Ledger from './Ledger.ts'
export { type ChannelBook, type ChannelFacts, type LedgerJob, type NewJob, zeroHash } from './LedgerJob.ts'
export * as NativeSigner from './NativeSigner.ts'
