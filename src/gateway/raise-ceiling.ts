import { setTimeout as delay } from 'node:timers/promises'
import { Price, Voucher } from '../core/index.ts'
import * as Book from './Book.ts'
import type { Gateway } from './Gateway.ts'
import type { Attempt } from './Order.ts'
import { PaymentShort } from './PaymentShort.ts'

/** Between two looks at the balance of a payer who has run out of money. */
const retryMs = 1_000

type Asked = { unitsOut: bigint; waitMs: number }

/**
 * Answers a stream that has used up what was set aside: locks the rest and signs a higher voucher. While the payer has not
 * enough, it looks again until the provider stops waiting; then the stream ends at its ceiling.
 */
export async function raiseCeiling(gateway: Gateway, attempt: Attempt, asked: Asked): Promise<void> {
  const until = gateway.now() + asked.waitMs
  const { ticket, channel, known } = attempt
  const units = { ...attempt.units, out: asked.unitsOut }
  const maxFee = Price.fee(known.offer, units)
  while (!ticket.signal.aborted && channel.book.inFlight.has(ticket.jobId)) {
    try {
      await gateway.channels.cover(ticket.payer, channel, ticket.jobId, maxFee - attempt.maxFee)
      break
    } catch (error) {
      if (!(error instanceof PaymentShort) || gateway.now() + retryMs >= until) throw error
    }
    await delay(retryMs)
  }
  if (!channel.book.inFlight.has(ticket.jobId)) return
  const voucher = Book.raise(channel.book, ticket.jobId, maxFee, attempt.context)
  const signature = ticket.payer.signer.sign(Voucher.digest(gateway.treasury.separator, voucher))
  Object.assign(attempt, { units, maxFee, voucher: { voucher, signature } })
  Book.remember(channel.book, attempt.voucher)
  await gateway.client.raise(known.url, ticket.jobId, { voucher, voucherSignature: signature, maxOut: units.out })
}
