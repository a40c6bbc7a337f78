import { Answer, Json } from '../core/index.ts'
import type { ProviderWire } from '../wire/index.ts'
import * as Book from './Book.ts'
import { Falsehood } from './Falsehood.ts'
import type { Gateway } from './Gateway.ts'
import { SequenceTaken } from './Journal.ts'
import type { Attempt, Outcome } from './Order.ts'
import * as ReceiptCheck from './ReceiptCheck.ts'

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
    const answer = result.answer === null ? undefined : readAnswer(result.answer, signed)
    check(gateway, attempt, signed, answer)
    Book.settle(channel.book, signed)
    await gateway.journal.finish({
      ...{ jobId: ticket.jobId, requestHash: ticket.requestHash, salt: ticket.salt },
      ...{ key: channel.key, book: channel.book, provider: channel.provider, model: known.model },
      ...{ offerHash: known.hash, maxFee: attempt.maxFee, voucher: attempt.voucher, signed },
      instance: gateway.lane.instance(),
      answer: ticket.isRepeatable && result.answer !== null ? Json.canonical(result.answer) : undefined,
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
