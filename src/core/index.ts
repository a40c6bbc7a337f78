export * as Abi from './Abi.ts'
export * as Answer from './Answer.ts'
export * as ApiKey from './ApiKey.ts'
export * as Batch from './Batch.ts'
export type { Hex } from './Bytes.ts'
export * as Bytes from './Bytes.ts'
export * as Channel from './Channel.ts'
export * as Cid from './Cid.ts'
export * as Claim from './Claim.ts'
export * as Delegate from './Delegate.ts'
export * as Domain from './Domain.ts'
export * as EngineRequest from './EngineRequest.ts'
export {
  BadInput,
  Conflict,
  DehugError,
  type ErrorFacts,
  type ErrorOptions,
  Fault,
  NotAuthenticated,
  NotFound,
  NotPermitted,
  PaymentNeeded,
  type Problem,
  Unavailable,
  VerificationFailed,
} from './errors.ts'
export * as Hash from './Hash.ts'
export * as Job from './Job.ts'
export * as Json from './Json.ts'
export * as License from './License.ts'
export * as Lock from './Lock.ts'
export * as Manifest from './Manifest.ts'
export * as Merkle from './Merkle.ts'
export * as Mint from './Mint.ts'
export * as ModelIndex from './ModelIndex.ts'
export * as Offer from './Offer.ts'
export * as Path from './Path.ts'
export * as Pickle from './Pickle.ts'
export * as Price from './Price.ts'
export * as Publish from './Publish.ts'
export * as PullReceipt from './PullReceipt.ts'
export * as Quote from './Quote.ts'
export * as Receipt from './Receipt.ts'
export * as Register from './Register.ts'
export * as Release from './Release.ts'
export * as RepoId from './RepoId.ts'
export * as RequestClose from './RequestClose.ts'
export * as RevenueWithdraw from './RevenueWithdraw.ts'
export * as Revoke from './Revoke.ts'
export * as SeasonWinner from './SeasonWinner.ts'
export * as Session from './Session.ts'
export * as SetTerms from './SetTerms.ts'
export * as Shard from './Shard.ts'
export * as Signals from './Signals.ts'
export type { Recover, Signer } from './Signer.ts'
export * as Source from './Source.ts'
export * as Split from './Split.ts'
export * as Spread from './Spread.ts'
export * as Struct from './Struct.ts'
export * as UnixFs from './UnixFs.ts'
export * as Version from './Version.ts'
export * as Voucher from './Voucher.ts'
export * as Withdraw from './Withdraw.ts'
export * as WithdrawCredit from './WithdrawCredit.ts'
export * as XetHash from './XetHash.ts'
