import { Answer, type Hex, type Offer, Price, Receipt, type Recover } from '../core/index.ts'
import type { SignedReceipt } from './Book.ts'
import { Falsehood } from './Falsehood.ts'

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
  const { receipt, signature } = signed
  const { offer, separator } = expected
  const stranger = strangeness(expected, receipt)
  if (stranger) throw new ReceiptMismatch(stranger, signed)
  if (!isSignedBy(offer.provider, separator, receipt, signature, recover))
    throw new ReceiptMismatch('its signature is not the provider’s', signed)
  const wrong =
    receipt.versionRoot === offer.versionRoot ? feeMismatch(expected, receipt) : 'its version is not the one offered'
  if (wrong) throw new ReceiptMismatch(wrong, signed, true)
  // The answer is not signed, only its hash is.
  if (answer && Answer.hash(answer) !== receipt.answerHash)
    throw new ReceiptMismatch('its answer hash is not that of the answer', signed)
}

/** What makes it a receipt of something else, which may be a true one. */
function strangeness(expected: Expected, receipt: Receipt.Receipt): string | undefined {
  if (receipt.channelId !== expected.channelId) return 'it names another channel'
  if (receipt.jobId !== expected.jobId) return 'it names another job'
  return receipt.context === expected.context ? undefined : 'its context is not that of the voucher'
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
export class ReceiptMismatch extends Falsehood {
  constructor(reason: string, { receipt, signature }: SignedReceipt, isSigned = false) {
    super(`The provider's receipt was refused: ${reason}.`, {
      isSigned,
      code: 'receipt_mismatch',
      hint: 'Nothing more is signed for this provider; the channel is being closed.',
      details: { reason, receipt: Receipt.serialize(receipt), signature },
    })
  }
}
