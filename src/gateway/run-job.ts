import { setTimeout as delay } from 'node:timers/promises'
import { Answer, BadInput, Conflict, DehugError, type Hex, Receipt, Unavailable } from '../core/index.ts'
import * as Book from './Book.ts'
import * as ChannelStore from './ChannelStore.ts'
import { collectReceipt } from './collect-receipt.ts'
import { Elsewhere } from './Elsewhere.ts'
import type { Gateway } from './Gateway.ts'
import * as JobStore from './JobStore.ts'
import * as Order from './Order.ts'
import { type KnownOffer, NoProvider } from './Providers.ts'
import { readOffer } from './read-offer.ts'
import { CallerGone, ProviderFailed, tryProvider } from './try-provider.ts'

/** Between two looks at a job that another process runs. */
const pollMs = 100

/**
 * Runs an order: the same idempotency key gives the same answer and one charge, however often and wherever it is sent.
 * Throws what the caller is told: `PaymentShort`, `ModelNotFound`, `VerificationFailed`, `KeyReused` …
 */
export async function runJob(gateway: Gateway, ticket: Order.Ticket): Promise<Order.Outcome> {
  if (!ticket.isRepeatable) return runAnywhere(gateway, ticket)
  const { jobId } = ticket
  for (let before = gateway.running.get(jobId); before; before = gateway.running.get(jobId))
    await before.catch(() => {})
  const work = runOnce(gateway, ticket).finally(() => gateway.running.delete(jobId))
  gateway.running.set(jobId, work)
  return work
}

/** Offers the order to one provider after the other, the cheapest first. */
async function runAnywhere(gateway: Gateway, ticket: Order.Ticket): Promise<Order.Outcome> {
  const tried: Tried = new Map()
  let reason: unknown
  for (let known = await nextOffer(gateway, ticket, tried); known; known = await nextOffer(gateway, ticket, tried)) {
    // The job has ended, with a receipt for nothing: another provider's is another job.
    if (reason instanceof ProviderFailed) {
      const row = await renew(gateway, ticket)
      if (row) return resume(gateway, ticket, row)
    }
    try {
      return await tryProvider(gateway, ticket, known)
    } catch (error) {
      if (!(error instanceof Elsewhere)) throw error
      reason = error.cause
      markTried(tried, known, reason)
    }
  }
  throw reason
}

/** Makes the ticket the next run of its order, and writes that down where the order may come again. */
async function renew(gateway: Gateway, ticket: Order.Ticket): Promise<JobStore.JobRow | undefined> {
  Order.renew(ticket)
  if (!ticket.isRepeatable) return undefined
  return JobStore.begin(gateway.database, ticket, gateway.lane.instance())
}

/** Providers and offers that were asked, with how often. */
type Tried = Map<Hex, number>

/** A provider is asked once, or twice where its offer was not valid any more. */
const mostTries = 2

const mayTry = (tried: Tried, { hash, offer }: KnownOffer): boolean =>
  !tried.has(hash) && (tried.get(offer.provider) ?? 0) < mostTries

function markTried(tried: Tried, { hash, offer }: KnownOffer, reason: unknown): void {
  const isStale = reason instanceof DehugError && reason.code === 'offer_unknown'
  tried.set(hash, mostTries)
  tried.set(offer.provider, isStale ? (tried.get(offer.provider) ?? 0) + 1 : mostTries)
}

/** The offer that an order would be run under first. Throws as `runJob` does. */
export async function bestOffer(gateway: Gateway, order: Pick<Order.Order, 'model' | 'request'>): Promise<KnownOffer> {
  const known = await nextOffer(gateway, order, new Map())
  if (!known) throw new NoProvider(order.model)
  return known
}

/** The best offer that was not tried; looked up each time, since a provider may have new ones. */
async function nextOffer(
  gateway: Gateway,
  ticket: Pick<Order.Order, 'model' | 'request'>,
  tried: Tried,
): Promise<KnownOffer | undefined> {
  const offers = await gateway.providers
    .find(ticket.model, Order.wantedUnits(ticket.request))
    .catch((error: unknown) => {
      if (tried.size === 0) throw error
      return []
    })
  const suitable = offers.filter((known) => known.task === ticket.request.task)
  if (offers[0] && suitable.length === 0) throw new WrongTask(ticket, offers[0].task)
  const able = suitable.filter((known) => Order.fits(known.offer, ticket.request))
  if (suitable[0] && able.length === 0) throw new TooManyTokens(ticket, suitable[0].offer.maxOut)
  return able.find((known) => mayTry(tried, known))
}

async function runOnce(gateway: Gateway, ticket: Order.Ticket): Promise<Order.Outcome> {
  const row = await JobStore.begin(gateway.database, ticket, gateway.lane.instance())
  if (row) return resume(gateway, ticket, row)
  return runFresh(gateway, ticket)
}

async function runFresh(gateway: Gateway, ticket: Order.Ticket): Promise<Order.Outcome> {
  try {
    return await runAnywhere(gateway, ticket)
  } catch (error) {
    if (!ticket.isOut) await JobStore.abandon(gateway.database, ticket.jobId)
    throw error
  }
}

/** The key was used before: gives that job's answer, waits for it, or takes it over from a process that died. */
async function resume(gateway: Gateway, ticket: Order.Ticket, first: JobStore.JobRow): Promise<Order.Outcome> {
  let row: JobStore.JobRow | undefined = first
  while (row) {
    if (row.requestHash !== ticket.requestHash || nameOf(row.model) !== nameOf(ticket.model)) throw new KeyReused()
    if (row.state === 'done') return replay(gateway, ticket, row)
    const taken = await takeOver(gateway, ticket, row)
    if (taken) return taken
    if (ticket.signal.aborted) throw new CallerGone()
    await delay(pollMs)
    row = await JobStore.read(gateway.database, ticket.jobId)
  }
  return runOnce(gateway, ticket)
}

/** Without letter case and a pinned version: a finished job's row names the model as its provider does. */
const nameOf = (model: string): string => model.split('@')[0]!.toLowerCase()

/** The answer of a job that has ended. One that came to nothing and cost nothing is run again, under the next job id. */
async function replay(gateway: Gateway, ticket: Order.Ticket, row: JobStore.JobRow): Promise<Order.Outcome> {
  const signed = ChannelStore.parseReceipt({ receipt: row.receipt, signature: row.signature })
  if (row.answer === null && signed.receipt.fee === 0n && signed.receipt.status !== Receipt.Status.ok) {
    Order.renew(ticket)
    return runOnce(gateway, ticket)
  }
  if (row.answer === null) throw new AnswerGone(ticket.jobId)
  const answer = Answer.parse(JSON.parse(row.answer))
  if (answer.kind === 'text') await ticket.onText?.(answer.text)
  return { jobId: ticket.jobId, answer, signed }
}

/** Ends a job whose process is gone: its provider knows whether it was done. Undefined while somebody else has it. */
async function takeOver(
  gateway: Gateway,
  ticket: Order.Ticket,
  row: JobStore.JobRow,
): Promise<Order.Outcome | undefined> {
  const work = async (): Promise<Order.Outcome> => {
    const finished = await collectEarlier(gateway, ticket, row)
    if (!finished) return runFresh(gateway, ticket)
    if (!finished.answer && finished.signed.receipt.fee === 0n) {
      Order.renew(ticket)
      return runOnce(gateway, ticket)
    }
    if (finished.answer?.kind === 'text') await ticket.onText?.(finished.answer.text)
    return finished
  }
  const own = gateway.lane.instance()
  return row.instance === own ? work() : gateway.lane.whileVacant(row.instance, work)
}

async function collectEarlier(
  gateway: Gateway,
  ticket: Order.Ticket,
  row: JobStore.JobRow,
): Promise<Order.Outcome | undefined> {
  if (!row.channelId || !row.offerHash || !row.voucher) return undefined
  const known = await readOffer(gateway, row.offerHash as Hex)
  if (!known) throw new ProviderAway()
  const channel = await gateway.channels.reopen(ticket.payer, known, row.channelId as Hex)
  const voucher = ChannelStore.parseVoucher(row.voucher)
  Book.adoptVoucher(channel.book, voucher)
  const full = Order.quote(known.offer, ticket.request)
  const { units } = full
  const facts = { ticket, known, channel, voucher, units, full, maxFee: row.maxFee, context: voucher.voucher.context }
  return collectReceipt(gateway, facts, gateway.now() + gateway.recoverMs)
}

/** An idempotency key came with another request than the first time. */
export class KeyReused extends Conflict {
  constructor() {
    super('This idempotency key was used for another request.', {
      code: 'idempotency_key_reused',
      hint: 'Use a new key for each new request.',
    })
  }
}

/** The job was done and paid, and its answer is not kept any more. */
export class AnswerGone extends Conflict {
  constructor(jobId: Hex) {
    super('This request was answered before, and the answer is not kept any more.', {
      code: 'answer_not_retained',
      hint: `Its receipt is at /v1/receipts/${jobId}. Use a new idempotency key to run it again.`,
      details: { jobId },
    })
  }
}

/** The provider that has the job cannot be reached. */
export class ProviderAway extends Unavailable {
  constructor() {
    super('The provider that began this job is away, so it is not known how it ended.', {
      code: 'provider_away',
      hint: 'Try again with the same idempotency key in a while.',
    })
  }
}

/** More tokens were asked for than any provider of the model writes. */
export class TooManyTokens extends BadInput {
  constructor({ model }: Pick<Order.Order, 'model'>, maxOut: bigint) {
    super(`"${model}" writes at most ${maxOut} tokens a request.`, {
      code: 'too_many_tokens',
      hint: `Ask for max_tokens of ${maxOut} or less.`,
      details: { param: 'max_tokens', maxOut },
    })
  }
}

/** The model does something else than what it was asked for. */
export class WrongTask extends BadInput {
  constructor({ model, request }: Pick<Order.Order, 'model' | 'request'>, task: string) {
    super(`The model "${model}" does ${task}, not ${request.task}.`, {
      code: 'wrong_task',
      hint: 'Call the route for its task, or POST /models/{namespace}/{name}.',
      details: { param: 'model' },
    })
  }
}

/** The model's provider does something with it that this gateway has no request for. */
export class UnknownTask extends BadInput {
  constructor(model: string) {
    super(`The task of "${model}" is not one this gateway serves.`, { code: 'unknown_task' })
  }
}
