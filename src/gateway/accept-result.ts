import { Answer, Json } from '../core/index.ts'
import type { ProviderWire } from '../wire/index.ts'
import * as Book from './Book.ts'
import type { Channel } from './Channel.ts'
import { Falsehood } from './Falsehood.ts'
import type { Gateway } from './Gateway.ts'
import { SequenceTaken } from './Journal.ts'
import * as Lane from './Lane.ts'
import { type Attempt, hasFailed, type Outcome } from './Order.ts'
import * as ReceiptCheck from './ReceiptCheck.ts'
import { findVoucher } from './recover-book.ts'

/**
 * Checks a provider's result against everything that was agreed, books it and makes it durable. On the first falsehood
 * the provider is banned, its channel is being closed, and `VerificationFailed` goes to the caller.
 */
export async function acceptResult(
  gateway: Gateway,
  attempt: Attempt,
  result: ProviderWire.JobResult,
): Promise<Outcome> {
  const { ticket, channel, known } = attempt
  const signed = { receipt: result.receipt, signature: result.signature }
  try {
    // What comes with a failure is no answer.
    const given = hasFailed(signed) ? null : result.answer
    const answer = given === null ? undefined : readAnswer(given, signed)
    check(gateway, attempt, signed, answer)
    await settle(gateway, channel, signed)
    await gateway.journal.finish({
      ...{ jobId: ticket.jobId, requestHash: ticket.requestHash, salt: ticket.salt },
      ...{ key: channel.key, book: channel.book, provider: channel.provider, model: known.model },
      ...{ offerHash: known.hash, maxFee: attempt.maxFee, voucher: attempt.voucher, signed },
      instance: Lane.instanceOf(channel.lane),
      answer: ticket.isRepeatable && given !== null ? Json.canonical(given) : undefined,
      finishedAt: gateway.now(),
    })
    return { jobId: ticket.jobId, answer, signed }
  } catch (error) {
    const falsehood = falsehoodOf(error)
    if (!falsehood) throw error
    Book.forget(channel.book, ticket.jobId)
    await gateway.channels.punish(ticket.payer, channel, falsehood)
    throw falsehood
  }
}

async function settle(gateway: Gateway, channel: Channel, signed: Book.SignedReceipt): Promise<void> {
  try {
    Book.settle(channel.book, signed)
  } catch (error) {
    if (!(error instanceof Book.AboveKnown)) throw error
    const found = await findVoucher(gateway, channel).catch((reason: unknown) => {
      gateway.onError(reason)
      return false
    })
    if (!found) throw error
    Book.settle(channel.book, signed)
  }
}

function check(
  gateway: Gateway,
  attempt: Attempt,
  signed: Book.SignedReceipt,
  answer: Answer.Answer | undefined,
): void {
  const { ticket, channel, known, units, maxFee, context } = attempt
  const expected = {
    channelId: channel.book.channelId,
    jobId: ticket.jobId,
    context,
    offer: known.offer,
    units,
    maxFee,
  }
  ReceiptCheck.assert({ ...expected, separator: gateway.treasury.separator }, signed, answer, gateway.recover)
}

function readAnswer(json: unknown, signed: Book.SignedReceipt): Answer.Answer {
  try {
    return Answer.parse(json)
  } catch {
    throw new ReceiptCheck.ReceiptMismatch('it is for an answer that cannot be read', signed)
  }
}

function falsehoodOf(error: unknown): Falsehood | undefined {
  if (error instanceof Falsehood) return error
  if (error instanceof SequenceTaken) {
    const { code, details } = error
    return new Falsehood(error.message, { isSigned: true, code, details, cause: error })
  }
  return undefined
}
