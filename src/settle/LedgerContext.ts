import type { LRUCache } from 'lru-cache'
import type { Pool } from 'pg'
import type { Answer, Hex, Receipt, Recover, Signer, Voucher } from '../core/index.ts'
import type { Ending, LedgerJob } from './LedgerJob.ts'
import type * as LedgerQueue from './LedgerQueue.ts'

export type LedgerOptions = {
  /** At least three connections; one is held while the book is open. */
  pool: Pool
  /** The provider's key. Its signatures must be deterministic (RFC 6979): receipts are signed again whenever they are read. */
  signer: Signer
  recover: Recover
  /** Separator of the domain {DeHug Usage, 1, chainId, UsageController}. */
  domainSeparator: Hex
  /** Unix ms. */
  now: () => number
  /** How long answers are kept for retries with the same idempotency key. */
  retainAnswersMs: number
}

export type SignedReceipt = { receipt: Receipt.Receipt; signature: Hex }
export type Settled = SignedReceipt & { failure: string | null; answer: Answer.Answer | null }

export type ChannelTerms = { key: Hex; payer: Hex; modelId: bigint }
export type Extension = { voucher: Voucher.Voucher; voucherSignature: Hex; maxFeeMicroUsdc: bigint }

/** What an open book works with. */
export type LedgerContext = LedgerOptions & {
  provider: Hex
  queue: LedgerQueue.LedgerQueue
  known: LRUCache<Hex, ChannelTerms>
  /** How jobs ended whose end the database has not taken yet. */
  unbooked: Map<Hex, { job: LedgerJob; ending: Ending }>
}
