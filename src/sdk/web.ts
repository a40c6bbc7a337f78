// What of the SDK runs in browsers: nothing here needs Node, a file system or an environment.
export { type Anchored, anchor, type Head, headOf, type MintTerms } from './anchor.ts'
export { balance, release } from './balance.ts'
export * as Card from './Card.ts'
export * as Connection from './Connection.ts'
export { type ChatOptions, type ChatResult, chat, type Message } from './chat.ts'
export {
  type CheckedReceipt,
  check,
  checkReceipt,
  type Known,
  parse as parseReceipt,
  type Rule,
  rulesOf,
} from './check-receipt.ts'
export {
  checkClaim,
  checkSettlement,
  type ReadBlob,
  type ReceiptSettlement,
  type Settlement,
} from './check-settlement.ts'
export { type DigestBlobOptions, digestBlob } from './digest-blob.ts'
export { digestBytes } from './digest-bytes.ts'
export { claim, earnings } from './earnings.ts'
export { type FundOptions, type FundResult, fund } from './fund.ts'
export * as Http from './Http.ts'
export { type InferOptions, type InferResult, infer } from './infer.ts'
export * as Ledger from './Ledger.ts'
export * as PortableSigner from './PortableSigner.ts'
export { type QuoteOptions, quote } from './quote.ts'
export { receipts } from './receipts.ts'
export { type Resolved, resolveVersion } from './resolve-version.ts'
export { revokeSession } from './revoke-session.ts'
export * as Sse from './Sse.ts'
export { setTerms } from './set-terms.ts'
export { withdraw } from './withdraw.ts'
