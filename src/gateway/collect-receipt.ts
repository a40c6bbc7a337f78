import { setTimeout as delay } from 'node:timers/promises'
import { DehugError } from '../core/index.ts'
import { acceptResult } from './accept-result.ts'
import * as Book from './Book.ts'
import { Falsehood } from './Falsehood.ts'
import type { Gateway } from './Gateway.ts'
import type { Attempt, Outcome } from './Order.ts'

/** A provider that does not know the job this long after it was sent has never got it. */
const unknownMs = 1_500
const firstPauseMs = 50
const longestPauseMs = 1_000
/** After the offer's deadline for the job. */
const graceMs = 30_000

/**
 * Asks the provider for a receipt that did not arrive, until `untilMs` (unix ms). Undefined means that the provider never
 * reserved the job, so that it may be given to another. Throws `ReceiptWithheld` when the time is over.
 */
export async function collectReceipt(
  gateway: Gateway,
  attempt: Attempt,
  untilMs: number,
): Promise<Outcome | undefined> {
  const { ticket, known, channel } = attempt
  const since = gateway.now()
  for (let pauseMs = firstPauseMs; gateway.now() < untilMs; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      const result = await gateway.client.job(known.url, ticket.jobId, ticket.salt)
      if (result) return await acceptResult(gateway, attempt, result)
      // Who has shown that it has the job cannot say that it never got it.
      if (!hasJob(attempt) && gateway.now() - since > unknownMs) {
        Book.forget(channel.book, ticket.jobId)
        return undefined
      }
    } catch (error) {
      if (error instanceof Falsehood || !(error instanceof DehugError && error.retryable)) throw error
      if (error.code === 'job_running') attempt.isAcknowledged = true
    }
    await delay(pauseMs, undefined, { ref: false })
  }
  throw new ReceiptWithheld(ticket.jobId)
}

const hasJob = ({ ticket, isAcknowledged }: Attempt): boolean => ticket.hasStarted || isAcknowledged === true

/** When a receipt that has not come is given up: the job's own deadline and some time for the provider to restart. */
export const deadlineOf = (gateway: Gateway, { known }: Attempt): number =>
  gateway.now() + known.offer.jobSecs * 1000 + graceMs

/**
 * Goes on collecting after the caller left. The most that can be lost is this one job's largest fee; a provider that has
 * the job and shows no receipt by the deadline is not used again.
 */
export function collectLater(gateway: Gateway, attempt: Attempt): void {
  const work = collectReceipt(gateway, attempt, deadlineOf(gateway, attempt))
    .catch(async (error: unknown) => {
      gateway.onError(error)
      Book.giveUp(attempt.channel.book, attempt.ticket.jobId)
      if (error instanceof ReceiptWithheld && hasJob(attempt)) {
        await gateway.channels.punish(attempt.ticket.payer, attempt.channel, error)
      }
    })
    .catch(gateway.onError)
    .finally(() => gateway.collecting.delete(work))
  gateway.collecting.add(work)
}

/** The provider took the job and shows no receipt by the deadline. */
export class ReceiptWithheld extends Falsehood {
  constructor(jobId: string) {
    super('The provider has not shown a receipt for this job.', {
      isSigned: false,
      code: 'receipt_withheld',
      hint: 'Send the request again with the same idempotency key; it is answered from the first run if that ends.',
      details: { jobId },
    })
  }
}
