import { DehugError, Job, type Quote, Receipt, Unavailable, Voucher } from '../core/index.ts'
import { ProviderWire } from '../wire/index.ts'
import { acceptResult } from './accept-result.ts'
import * as Book from './Book.ts'
import type { Channel } from './Channel.ts'
import { collectLater, collectReceipt, ReceiptWithheld } from './collect-receipt.ts'
import { Elsewhere } from './Elsewhere.ts'
import { Falsehood } from './Falsehood.ts'
import type { Gateway } from './Gateway.ts'
import * as Health from './Health.ts'
import * as JobStore from './JobStore.ts'
import * as Order from './Order.ts'
import { PaymentShort } from './PaymentShort.ts'
import { ProviderGarbled, ProviderLost, ProviderUnreachable, readJson } from './ProviderClient.ts'
import type { KnownOffer } from './Providers.ts'
import { parseResult } from './parse-result.ts'
import { ReceiptMismatch } from './ReceiptCheck.ts'
import { raiseCeiling } from './raise-ceiling.ts'
import { isAboutRequest, readStream } from './read-stream.ts'
import { atProvider, isAboutChannel, reconcile } from './reconcile-books.ts'

/**
 * Runs an order with one provider. Throws `Elsewhere` where another may be asked without paying twice: nothing was
 * reserved, or a zero-fee receipt is on file, and the caller has not got a byte.
 */
export async function tryProvider(gateway: Gateway, ticket: Order.Ticket, known: KnownOffer): Promise<Order.Outcome> {
  try {
    return await tryUntilAgreed(gateway, ticket, known)
  } catch (error) {
    if (isFault(error)) gateway.health.failed(known.offer.provider, known.repo)
    throw error
  }
}

/** Whether it is the provider's doing that an order came to nothing. */
const isFault = (error: unknown): boolean => {
  const reason = error instanceof Elsewhere ? error.cause : error
  if ([Falsehood, ProviderFailed, StreamBroken].some((kind) => reason instanceof kind)) return true
  if (!(error instanceof Elsewhere && reason instanceof DehugError)) return false
  return reason.retryable && reason.code !== 'offer_unknown'
}

async function tryUntilAgreed(gateway: Gateway, ticket: Order.Ticket, known: KnownOffer): Promise<Order.Outcome> {
  const quote = Order.quote(known.offer, ticket.request)
  for (let tries = 1; ; tries += 1) {
    const channel = await atProvider(gateway, known, () => gateway.channels.get(ticket.payer, known))
    try {
      return await tryOnce(gateway, ticket, known, channel, quote)
    } catch (error) {
      if (!(error instanceof DehugError) || ticket.hasStarted) throw error
      await reconcile(gateway, known, { payer: ticket.payer, channel }, error, tries)
    }
  }
}

async function tryOnce(
  gateway: Gateway,
  ticket: Order.Ticket,
  known: KnownOffer,
  channel: Channel,
  full: Quote.Quote,
): Promise<Order.Outcome> {
  let quote = await affordable(gateway, ticket, channel, full)
  // Looked at again in the very turn in which it is signed: others reserve meanwhile.
  while (!hasRoom(channel, quote)) quote = await affordable(gateway, ticket, channel, full)
  const attempt = reserve(gateway, ticket, known, channel, quote, full)
  await assign(gateway, attempt)
  ticket.isOut = true
  const result = await exchange(gateway, attempt).catch((error: unknown) => explain(gateway, attempt, error))
  const outcome = 'jobId' in result ? result : await acceptResult(gateway, attempt, result)
  if (!Order.hasFailed(outcome.signed)) {
    gateway.health.answered(known.offer.provider, known.repo, attempt.timing, outcome.signed.receipt.unitsOut)
    return outcome
  }
  const { error, failure } = result as Partial<Exchanged>
  throw isAboutRequest(error) ? error : failed(ticket, failure, error)
}

/** Notes who gets a repeatable job. Nothing was sent when this fails. */
async function assign(gateway: Gateway, attempt: Order.Attempt): Promise<void> {
  const { ticket, channel } = attempt
  if (!ticket.isRepeatable) return
  try {
    await JobStore.assign(gateway.database, attempt, gateway.lane.instance())
  } catch (error) {
    Book.forget(channel.book, ticket.jobId)
    throw error
  }
}

/** The quote, or for a stream as much of it as the balance allows: the rest may be added while it runs. */
async function affordable(
  gateway: Gateway,
  ticket: Order.Ticket,
  channel: Channel,
  full: Quote.Quote,
): Promise<Quote.Quote> {
  if (hasRoom(channel, full)) return full
  try {
    await gateway.channels.cover(ticket.payer, channel, ticket.jobId, full.maxFee)
    return full
  } catch (error) {
    if (!(error instanceof PaymentShort) || !ticket.onText) throw error
    const part = Order.within(full, full.maxFee - error.shortfall)
    if (!part) throw error
    await gateway.channels.cover(ticket.payer, channel, ticket.jobId, part.maxFee)
    return part
  }
}

const hasRoom = ({ book, retired }: Channel, { maxFee }: Quote.Quote): boolean =>
  !retired && Book.shortfall(book, maxFee) === 0n

function reserve(
  gateway: Gateway,
  ticket: Order.Ticket,
  known: KnownOffer,
  channel: Channel,
  { units, maxFee }: Quote.Quote,
  full: Quote.Quote,
): Order.Attempt {
  const context = Job.context(ticket.jobId, known.hash, ticket.requestHash)
  const voucher = Book.reserve(channel.book, ticket.jobId, maxFee, context)
  const signed = { voucher, signature: ticket.payer.signer.sign(Voucher.digest(gateway.treasury.separator, voucher)) }
  Book.remember(channel.book, signed)
  return { ticket, known, channel, context, units, maxFee, full, voucher: signed }
}

/** A result, and in a stream the error that it came to. */
type Exchanged = ProviderWire.JobResult & { error?: DehugError }

/** Sends the job and reads the result; the text of a stream is passed on as it comes. */
async function exchange(gateway: Gateway, attempt: Order.Attempt): Promise<Exchanged> {
  const { ticket, known } = attempt
  const timing: Health.Timing = { startedAt: gateway.now(), pausedMs: 0 }
  attempt.timing = timing
  const response = await gateway.client.run(known.url, jobBody(attempt), ticket.signal)
  const isStream = response.headers['content-type']?.includes('text/event-stream')
  if (!isStream) {
    const result = complete(parseResult(await readJson(response)))
    timing.endedAt = gateway.now()
    return result
  }
  let text = ''
  const told: { error?: DehugError } = {}
  const result = await readStream(response.body, {
    onDelta: (delta) => {
      ticket.hasStarted = true
      timing.firstAt ??= gateway.now()
      text += delta
      return Health.pausing(timing, gateway.now, ticket.onText?.(delta))
    },
    onError: (error) => {
      told.error = error
    },
    onCeiling: (event) => void raiseCeiling(gateway, attempt, event).catch(gateway.onError),
  })
  timing.endedAt = gateway.now()
  // The receipt must be for the text that was passed on, whatever the provider says the answer was.
  if (result.answer?.kind === 'text') result.answer = { ...result.answer, text }
  return Object.assign(complete(result), told)
}

/** What is charged for must be shown, or its hash could not be checked. */
function complete(result: ProviderWire.JobResult): ProviderWire.JobResult {
  if (result.answer === null && Receipt.mayCharge(result.receipt.status)) {
    throw new ReceiptMismatch('it charges for an answer that is not shown', result)
  }
  return result
}

function jobBody({ ticket, known, channel, voucher, units }: Order.Attempt): string {
  return JSON.stringify({
    channelId: channel.book.channelId,
    jobId: ticket.jobId,
    keyHash: ticket.keyHash,
    payer: channel.payer,
    voucher: Voucher.serialize(voucher.voucher),
    voucherSignature: voucher.signature,
    offerHash: known.hash,
    request: ticket.request,
    salt: ticket.salt,
    maxIn: units.in.toString(),
    maxOut: units.out.toString(),
    maxMs: units.ms.toString(),
    stream: ticket.onText !== undefined,
  })
}

/** Turns what went wrong on the way into a result that could still be had, or into what it means for money. */
async function explain(gateway: Gateway, attempt: Order.Attempt, error: unknown): Promise<Order.Outcome> {
  const { ticket, channel, known } = attempt
  if (ticket.signal.aborted) {
    collectLater(gateway, attempt)
    throw new CallerGone()
  }
  if (error instanceof ProviderUnreachable) {
    notTaken(attempt)
    gateway.providers.ail(known.url)
    throw new Elsewhere(error)
  }
  if (error instanceof Falsehood) {
    Book.forget(channel.book, ticket.jobId)
    await gateway.channels.punish(ticket.payer, channel, error)
    throw error
  }
  if (isUncertain(error)) return recoverAnswer(gateway, attempt, error)
  if (!(error instanceof DehugError)) throw error
  const receipt = signedReceiptOf(error)
  if (receipt) {
    const units = { in: receipt.receipt.unitsIn, out: receipt.receipt.unitsOut, ms: receipt.receipt.unitsMs }
    await acceptResult(gateway, attempt, { ...receipt, answer: null, units })
    throw isAboutRequest(error) ? error : failed(ticket, error.code, error)
  }
  notTaken(attempt)
  if (isAboutChannel(error) || error.code === 'idempotency_key_reused') throw error
  // Another may count fewer tokens; nobody is paid for more than was quoted.
  if (isAboutRequest(error) && error.code !== 'input_too_long') throw error
  if (error.code === 'offer_unknown') await gateway.providers.refresh()
  else if (error.retryable) gateway.providers.ail(known.url)
  throw new Elsewhere(error)
}

/** The provider has not reserved anything for the job. */
function notTaken({ ticket, channel }: Order.Attempt): void {
  Book.forget(channel.book, ticket.jobId)
  ticket.isOut = false
}

const isUncertain = (error: unknown): boolean =>
  error instanceof ProviderLost || error instanceof ProviderGarbled || !(error instanceof DehugError)

/** The connection broke, so the job may have been done: its receipt decides. */
async function recoverAnswer(gateway: Gateway, attempt: Order.Attempt, cause: unknown): Promise<Order.Outcome> {
  const { ticket, known } = attempt
  gateway.providers.ail(known.url)
  try {
    const outcome = await collectReceipt(gateway, attempt, gateway.now() + gateway.recoverMs)
    if (!outcome) {
      ticket.isOut = false
      throw new Elsewhere(cause)
    }
    if (ticket.hasStarted) throw new StreamBroken(cause)
    return outcome
  } catch (error) {
    // A falsehood ended it. Whatever else went wrong, the provider may still end the job and must be heard.
    if (error instanceof Elsewhere || error instanceof StreamBroken) throw error
    if (error instanceof Falsehood && !(error instanceof ReceiptWithheld)) throw error
    collectLater(gateway, attempt)
    throw new StreamBroken(cause)
  }
}

function signedReceiptOf({ details }: DehugError): Book.SignedReceipt | undefined {
  const parsed = ProviderWire.SignedReceipt.safeParse(details)
  return parsed.success ? parsed.data : undefined
}

function failed(ticket: Order.Ticket, code: string | undefined, cause?: unknown): Error {
  const error = new ProviderFailed(ticket.jobId, code, cause)
  return ticket.hasStarted ? error : new Elsewhere(error)
}

/** The caller closed the connection; nobody reads this. */
export class CallerGone extends Unavailable {
  constructor() {
    super('The caller closed the connection.', { code: 'caller_gone' })
  }
}

/** The provider broke down; its receipt charges nothing. */
export class ProviderFailed extends Unavailable {
  constructor(jobId: string, reason: string | undefined, cause?: unknown) {
    super(`The provider could not do this job${reason ? ` (${reason})` : ''}; nothing was charged.`, {
      code: 'provider_failed',
      hint: 'Try again with a new idempotency key.',
      details: { jobId, reason },
      cause,
    })
  }
}

/** The provider went away while the answer was on its way. */
export class StreamBroken extends Unavailable {
  constructor(cause: unknown) {
    super('The connection to the provider broke before the answer was complete.', {
      code: 'stream_broken',
      hint: 'Send the request again with the same idempotency key; it is answered from the first run if that ended.',
      cause,
    })
  }
}
