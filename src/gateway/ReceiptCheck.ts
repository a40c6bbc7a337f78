import { Answer, type Hex, type Offer, Price, Receipt, type Recover, VerificationFailed } from '../core/index.ts'
import type { SignedReceipt } from './Book.ts'

/** What a receipt must agree with. */
export type Expected = {
  channelId: Hex
  jobId: Hex
  context: Hex
  offer: Offer.Offer
  /** Largest units that the voucher paid for. */
  units: Price.Units
  /** µUSDC */
  maxFee: bigint
  /** EIP-712 domain separator of the UsageController. */
  separator: Hex
}

/**
 * Checks one receipt against the job it belongs to: who signed it, what it names, its units and fee, and the hash of the
 * answer where one is given. Throws `ReceiptMismatch`. The running totals are checked by `Book.settle`.
 */
export function assert(
  expected: Expected,
  signed: SignedReceipt,
  answer: Answer.Answer | undefined,
  recover: Recover,
): void {
  const reason = mismatch(expected, signed, answer, recover)
  if (reason) throw new ReceiptMismatch(reason, signed)
}

function mismatch(
  expected: Expected,
  { receipt, signature }: SignedReceipt,
  answer: Answer.Answer | undefined,
  recover: Recover,
): string | undefined {
  const { offer } = expected
  if (receipt.channelId !== expected.channelId) return 'it names another channel'
  if (receipt.jobId !== expected.jobId) return 'it names another job'
  if (receipt.context !== expected.context) return 'its context is not that of the voucher'
  if (receipt.versionRoot !== offer.versionRoot) return 'its version is not the one offered'
  const wrongFee = feeMismatch(expected, receipt)
  if (wrongFee) return wrongFee
  if (!isSignedBy(offer.provider, expected.separator, receipt, signature, recover))
    return 'its signature is not the provider’s'
  if (answer && Answer.hash(answer) !== receipt.answerHash) return 'its answer hash is not that of the answer'
  return undefined
}

function feeMismatch(expected: Expected, receipt: Receipt.Receipt): string | undefined {
  if (!Receipt.mayCharge(receipt.status)) return receipt.fee === 0n ? undefined : 'it charges for a job that failed'
  const { units, offer, maxFee } = expected
  if (receipt.fee > maxFee) return `its fee of ${receipt.fee} µUSDC is above the quoted ${maxFee} µUSDC`
  if (receipt.unitsIn > units.in || receipt.unitsOut > units.out || receipt.unitsMs > units.ms) {
    return 'its units are above the limits that were paid for'
  }
  const priced = Price.fee(offer, { in: receipt.unitsIn, out: receipt.unitsOut, ms: receipt.unitsMs })
  return receipt.fee > priced ? `its fee of ${receipt.fee} µUSDC is above the ${priced} µUSDC of its units` : undefined
}

/** Whether `provider` signed the receipt. */
export function isSignedBy(
  provider: Hex,
  separator: Hex,
  receipt: Receipt.Receipt,
  signature: Hex,
  recover: Recover,
): boolean {
  try {
    return recover(Receipt.digest(separator, receipt), signature) === provider
  } catch {
    return false
  }
}

/** A receipt is not what the job's terms allow; `details` hold the receipt as evidence. */
export class ReceiptMismatch extends VerificationFailed {
  constructor(reason: string, { receipt, signature }: SignedReceipt) {
    super(`The provider's receipt was refused: ${reason}.`, {
      code: 'receipt_mismatch',
      hint: 'Nothing more is signed for this provider; the channel is being closed.',
      details: { reason, receipt: Receipt.serialize(receipt), signature },
    })
  }
}
