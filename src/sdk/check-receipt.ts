import { Domain, type Hex, Job, Offer, Price, Receipt, Struct, VerificationFailed } from '../core/index.ts'
import { GatewayWire } from '../wire/index.ts'
import type { Connection } from './Connection.ts'
import { recover } from './PortableSigner.ts'

/** A receipt that stood every check that its holder can make. */
export type CheckedReceipt = GatewayWire.ReceiptView & { checks: string[] }

/** What the caller knows itself about the job. */
export type Known = {
  /** Hashes that the answer may have. */
  answers?: Hex[]
  requestHash?: (salt: Hex) => Hex
}

/**
 * Fetches a receipt and checks that the provider signed offer and receipt, that the payer's voucher covers it, that
 * both are about this job, request and answer, and that the fee is the offered price of its units. Throws `ReceiptRefused`.
 */
export async function checkReceipt(connection: Connection, jobId: string, known: Known = {}): Promise<CheckedReceipt> {
  const gateway = await connection.gateway()
  const view = parse(await gateway.json(`/v1/receipts/${jobId}`))
  return check(connection, view, known)
}

export const parse = (json: unknown): GatewayWire.ReceiptView =>
  Struct.parseWith(GatewayWire.ReceiptView, json, 'receipt')

/** One thing a receipt must fulfil. */
export type Rule = { name: string; holds: boolean }

/** As {@link checkReceipt}, for a receipt at hand. */
export async function check(
  connection: Connection,
  view: GatewayWire.ReceiptView,
  known: Known = {},
): Promise<CheckedReceipt> {
  const rules = await rulesOf(connection, view, known)
  const broken = rules.find(({ holds }) => !holds)
  if (broken) throw new ReceiptRefused(view.jobId, broken.name)
  return { ...view, checks: rules.map(({ name }) => name) }
}

/** Everything a receipt says about itself, each with whether it holds. */
export async function rulesOf(
  connection: Connection,
  view: GatewayWire.ReceiptView,
  known: Known = {},
): Promise<Rule[]> {
  const facts = await connection.network()
  const separator = Domain.separator(Domain.usage(facts.chainId, facts.contracts.UsageController as Hex))
  const { receipt, offer, voucher } = view
  const context = Job.context(view.jobId, view.offerHash, view.requestHash)
  const rules: Rule[] = [
    {
      name: 'offer signed by the provider',
      holds: signedBy(offer.provider, Offer.digest(separator, offer), view.offerSignature),
    },
    {
      name: 'receipt signed by the provider',
      holds: signedBy(offer.provider, Receipt.digest(separator, receipt), view.signature),
    },
    { name: 'voucher of the same channel', holds: voucher.channelId === receipt.channelId },
    { name: 'job id', holds: receipt.jobId === view.jobId },
    { name: 'offer hash', holds: Offer.structHash(offer) === view.offerHash },
    { name: 'context', holds: context === receipt.context && voucher.context === receipt.context },
    { name: 'version', holds: offer.versionRoot === receipt.versionRoot },
    { name: 'fee', holds: receipt.fee <= view.maxFee && receipt.fee <= priceOf(view) },
  ]
  if (known.requestHash) rules.push({ name: 'request hash', holds: known.requestHash(view.salt) === view.requestHash })
  if (known.answers) rules.push({ name: 'answer hash', holds: known.answers.includes(receipt.answerHash) })
  return rules
}

function priceOf({ receipt, offer }: GatewayWire.ReceiptView): bigint {
  if (!Receipt.mayCharge(receipt.status)) return 0n
  return Price.fee(offer, { in: receipt.unitsIn, out: receipt.unitsOut, ms: receipt.unitsMs })
}

/** Whether the key of this address signed. */
export function signedBy(address: Hex, digest: Hex, signature: Hex): boolean {
  try {
    return recover(digest, signature) === address
  } catch {
    return false
  }
}

/** A receipt does not hold. */
export class ReceiptRefused extends VerificationFailed {
  constructor(jobId: string, rule: string) {
    super(`The receipt of job ${jobId} does not hold: its ${rule} is wrong.`, {
      code: 'receipt_refused',
      hint: 'Pay this provider no more: release the channel with `dehug channel release`, and keep the receipt as evidence.',
      details: { jobId, rule },
    })
  }
}
