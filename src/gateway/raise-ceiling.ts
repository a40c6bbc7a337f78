import { setTimeout as delay } from 'node:timers/promises'
import { Price, Voucher } from '../core/index.ts'
import * as Book from './Book.ts'
import type { Gateway } from './Gateway.ts'
import * as JobStore from './JobStore.ts'
import * as MicroUsdc from './MicroUsdc.ts'
import type { Attempt } from './Order.ts'
import { PaymentShort } from './PaymentShort.ts'

/** Between two looks at the balance of a payer who has run out of money. */
const retryMs = 1_000

type Asked = { unitsOut: bigint; waitMs: number }

/**
 * Answers a stream that has used up what was set aside: locks the rest and signs a higher voucher, never for more than the
 * quote of the whole request. While the payer has not enough, it looks again until the provider stops waiting; then the
 * stream ends at its ceiling.
 */
export async function raiseCeiling(gateway: Gateway, attempt: Attempt, asked: Asked): Promise<void> {
  const { ticket, channel, known } = attempt
  const out = MicroUsdc.min(asked.unitsOut, attempt.full.units.out)
  if (attempt.isRaising || out <= attempt.units.out) return
  attempt.isRaising = true
  const units = { ...attempt.units, out }
  const maxFee = Price.fee(known.offer, units)
  const untilMs = gateway.now() + asked.waitMs
  try {
    // Looked at again in the very turn in which it is signed: others reserve meanwhile.
    while (isRunning(attempt) && Book.shortfall(channel.book, maxFee - attempt.maxFee) > 0n)
      await coverMore(gateway, attempt, maxFee - attempt.maxFee, untilMs)
  } finally {
    attempt.isRaising = false
  }
  if (!isRunning(attempt)) return
  const voucher = Book.raise(channel.book, ticket.jobId, maxFee, attempt.context)
  const signature = ticket.payer.signer.sign(Voucher.digest(gateway.treasury.separator, voucher))
  Object.assign(attempt, { units, maxFee, voucher: { voucher, signature } })
  Book.remember(channel.book, attempt.voucher)
  if (ticket.isRepeatable) await JobStore.assign(gateway.database, attempt, gateway.lane.instance())
  await gateway.client.raise(known.url, ticket.jobId, { voucher, voucherSignature: signature, maxOut: units.out })
}

const isRunning = ({ ticket, channel }: Attempt): boolean =>
  !ticket.signal.aborted && channel.book.inFlight.has(ticket.jobId)

async function coverMore(gateway: Gateway, { ticket, channel }: Attempt, more: bigint, untilMs: number): Promise<void> {
  try {
    await gateway.channels.cover(ticket.payer, channel, ticket.jobId, more)
  } catch (error) {
    if (!(error instanceof PaymentShort) || gateway.now() + retryMs >= untilMs) throw error
    await delay(retryMs)
  }
}
