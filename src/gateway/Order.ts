import {
  type Answer,
  Bytes,
  type EngineRequest,
  Hash,
  type Hex,
  Job,
  type Offer,
  Price,
  Quote,
  Receipt,
} from '../core/index.ts'
import type { SignedReceipt, SignedVoucher } from './Book.ts'
import type { Channel } from './Channel.ts'
import type { Timing } from './Health.ts'
import type { KnownOffer } from './Providers.ts'
import type { Payer } from './Sessions.ts'

/** One request of a caller, whatever API it came through. */
export type Order = {
  payer: Payer
  /** As the caller wrote it. */
  model: string
  request: EngineRequest.EngineRequest
  /** The idempotency key: the caller's, or a random one. */
  key: string
  /** Whether the caller gave the key and so may send the request again. */
  isRepeatable: boolean
  /** Aborted when the caller is gone. */
  signal: AbortSignal
  /** Receives the text as it is written, for a stream. May make the provider wait. */
  onText?: (text: string) => Promise<unknown> | undefined
}

/** What came of an order. */
export type Outcome = {
  jobId: Hex
  /** Undefined where the provider has thrown it away, and for a job that failed. */
  answer: Answer.Answer | undefined
  signed: SignedReceipt
}

/** An order with its identity. */
export type Ticket = Order & {
  /** Counts from 1; a repeated key runs again, as another job, once the one before has ended without a fee. */
  run: number
  jobId: Hex
  keyHash: Hex
  salt: Hex
  requestHash: Hex
  /** Set with the first byte for the caller: from then on nobody else can take over. */
  hasStarted: boolean
  /** Set while a provider has the job or may have it, and so may charge for it. */
  isOut: boolean
}

/** One try of an order with one provider. */
export type Attempt = {
  ticket: Ticket
  known: KnownOffer
  channel: Channel
  context: Hex
  units: Price.Units
  /** µUSDC */
  maxFee: bigint
  /** All that a stream may ask for while it runs. */
  full: Quote.Quote
  voucher: SignedVoucher
  /** Set while a higher ceiling is on its way. */
  isRaising?: boolean
  /** Set when the job is sent. */
  timing?: Timing
  /** Set once the provider said that it has the job. */
  isAcknowledged?: boolean
}

/**
 * Gives an order its identity. The salt follows from the API key and the job, so that a retry after a crash, even with
 * all rows lost, is the same job to the provider.
 */
export const ticket = (order: Order): Ticket => ({ ...order, ...identify(order, 1), hasStarted: false, isOut: false })

/** Makes the ticket one for the next run of its order. */
export const renew = (of: Ticket): void => void Object.assign(of, identify(of, of.run + 1), { isOut: false })

function identify({ payer, key, request }: Order, run: number) {
  // No caller's key holds a line break, so no two orders share a job.
  const name = run === 1 ? key : `${key}\n${run}`
  // Job.id, with the key's hash computed once.
  const keyHash = Hash.keccak256(Bytes.utf8(name))
  const jobId = Hash.keccak256(Bytes.concat(Bytes.fromHex(payer.session.payer), Bytes.fromHex(keyHash)))
  const salt = Hash.keccak256(Bytes.concat(Bytes.fromHex(payer.saltKey), Bytes.fromHex(jobId)))
  return { run, jobId, keyHash, salt, requestHash: Job.requestHash(salt, request) }
}

/** Room for the marks a chat template puts around each message, and for the prompt's own. */
const marksPerMessage = 32
const marksPerPrompt = 256

/**
 * The units a request can use at most, before the offer's own limits: a token covers at least one byte of text.
 */
export function wantedUnits(request: EngineRequest.EngineRequest): Price.Units {
  const ms = BigInt(Number.MAX_SAFE_INTEGER)
  if (request.task === 'text-generation') {
    const texts = request.messages?.map(({ content }) => content) ?? [request.prompt ?? '']
    return { in: bytesOf(texts), out: BigInt(request.maxTokens), ms }
  }
  if (request.task === 'image-classification') return { in: BigInt(request.images.length) * 1_000_000n, out: 0n, ms }
  return { in: bytesOf(request.inputs), out: 0n, ms }
}

function bytesOf(texts: readonly string[]): bigint {
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text) + marksPerMessage, marksPerPrompt)
  return BigInt(bytes)
}

/** Whether an offer allows as many tokens as the request asks for. */
export const fits = (offer: Offer.Offer, request: EngineRequest.EngineRequest): boolean =>
  request.task !== 'text-generation' || BigInt(request.maxTokens) <= offer.maxOut

/** The largest units and fee under an offer. */
export const quote = (offer: Offer.Offer, request: EngineRequest.EngineRequest): Quote.Quote =>
  Quote.from(offer, wantedUnits(request))

/** The same quote with so many units out that it costs no more than `budget` µUSDC; undefined when not even one fits. */
export function within(full: Quote.Quote, budget: bigint): Quote.Quote | undefined {
  let low = 0n
  let high = full.units.out
  while (low < high) {
    const middle = (low + high + 1n) / 2n
    if (Price.fee(full.offer, { ...full.units, out: middle }) <= budget) low = middle
    else high = middle - 1n
  }
  return low === 0n ? undefined : Quote.from(full.offer, { ...full.units, out: low })
}

/** Whether the job's receipt says that the provider could not do it. */
export const hasFailed = ({ receipt }: SignedReceipt): boolean =>
  receipt.status === Receipt.Status.failed || receipt.status === Receipt.Status.deadline
