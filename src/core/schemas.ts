import { z } from 'zod'
import * as Answer from './Answer.ts'
import * as Batch from './Batch.ts'
import * as Claim from './Claim.ts'
import * as Delegate from './Delegate.ts'
import * as EngineRequest from './EngineRequest.ts'
import * as Lock from './Lock.ts'
import * as Manifest from './Manifest.ts'
import * as Mint from './Mint.ts'
import * as Offer from './Offer.ts'
import * as Publish from './Publish.ts'
import * as PullReceipt from './PullReceipt.ts'
import * as Receipt from './Receipt.ts'
import * as Register from './Register.ts'
import * as Release from './Release.ts'
import * as RequestClose from './RequestClose.ts'
import * as RevenueWithdraw from './RevenueWithdraw.ts'
import * as Revoke from './Revoke.ts'
import * as Session from './Session.ts'
import * as SetTerms from './SetTerms.ts'
import * as Voucher from './Voucher.ts'
import * as Withdraw from './Withdraw.ts'
import * as WithdrawCredit from './WithdrawCredit.ts'

const nouns = {
  answer: Answer,
  batch: Batch,
  claim: Claim,
  delegate: Delegate,
  'engine-request': EngineRequest,
  lock: Lock,
  manifest: Manifest,
  mint: Mint,
  offer: Offer,
  publish: Publish,
  'pull-receipt': PullReceipt,
  receipt: Receipt,
  register: Register,
  release: Release,
  'request-close': RequestClose,
  'revenue-withdraw': RevenueWithdraw,
  revoke: Revoke,
  session: Session,
  'set-terms': SetTerms,
  voucher: Voucher,
  withdraw: Withdraw,
  'withdraw-credit': WithdrawCredit,
}

/** JSON Schema (2020-12) of each noun's JSON form, by the name of its folder in `spec/vectors`. */
export const schemas = (): Record<string, object> =>
  Object.fromEntries(Object.entries(nouns).map(([name, { schema }]) => [name, z.toJSONSchema(schema, { io: 'input' })]))
