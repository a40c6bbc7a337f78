import { z } from 'zod'
import { type Hex, Offer, Receipt, RequestClose, Voucher } from '../core/index.ts'

/**
 * What a gateway and a provider say to each other over HTTP. In JSON, `uint64` and `uint256` are decimal strings and
 * bytes are lower-case hex after `0x`; parsed values carry bigint. Money is µUSDC. Errors are RFC 9457 problems; where
 * a job was accepted and then failed, `details.receipt` and `details.signature` hold its zero-fee receipt.
 */

const hex = (bytes: number) =>
  z
    .string()
    .regex(new RegExp(`^0x[0-9a-fA-F]{${bytes * 2}}$`))
    .transform((text) => text.toLowerCase() as Hex)
const address = hex(20)
const bytes32 = hex(32)
const signature = hex(65)
const uint = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,77})$/)
  .transform(BigInt)
const json = z.record(z.string(), z.unknown())

/** Units of one job: tokens (or items) in and out, and milliseconds of engine time. */
export const Units = z.strictObject({ in: uint, out: uint, ms: uint })
export type Units = z.output<typeof Units>

/** Facts of a served model that a gateway shows and routes by. */
export const ModelInfo = z.looseObject({
  /** Bytes of all files of the version. */
  bytes: z.int().nonnegative(),
  files: z.int().nonnegative(),
  engine: z.string(),
  /** Ids, for `/v1/models`. */
  contextTokens: z.int().positive().optional(),
})
export type ModelInfo = z.output<typeof ModelInfo>

export const SignedOffer = z.object({
  offer: Offer.schema,
  /** By `offer.provider`, over `Offer.digest`. */
  signature,
  /** `model:namespace/name`. */
  repo: z.string(),
  /** `text-generation`, `feature-extraction`, `text-classification` or `image-classification`. */
  task: z.string(),
  modelInfo: ModelInfo,
})
export type SignedOffer = z.output<typeof SignedOffer>

/** `GET /offers` */
export const Offers = z.object({
  provider: address,
  chainId: z.int().positive(),
  /** Address of the `UsageController` whose EIP-712 domain all signatures use. */
  controller: address,
  offers: z.array(SignedOffer),
})
export type Offers = z.output<typeof Offers>

/**
 * `POST /jobs`. `jobId` = `Job.id(payer, key)` where `keyHash` = keccak256 of the idempotency key, so the provider can
 * check the id without seeing the key. `voucher.context` = `Job.context(jobId, offerHash, Job.requestHash(salt, request))`.
 * maxFee = `Price.fee(offer, {maxIn, maxOut, maxMs})`, and `voucher.ceiling` (or an earlier, higher one) must cover
 * spent + reserved + maxFee. A stream may reserve less than `request.maxTokens` (`maxOut` smaller): it then pauses with
 * a `ceiling` event and waits 10 s for a higher voucher. Without `stream`, `maxOut` must cover the whole request.
 * Sent again with the same `jobId` and context, it answers with the same receipt, whatever voucher comes with it.
 */
export const JobBody = z.strictObject({
  channelId: bytes32,
  jobId: bytes32,
  keyHash: bytes32,
  payer: address,
  voucher: Voucher.schema,
  voucherSignature: signature,
  offerHash: bytes32,
  /** An `EngineRequest`. */
  request: json,
  salt: bytes32,
  maxIn: uint,
  maxOut: uint,
  maxMs: uint,
  stream: z.boolean(),
})
export type JobBody = z.output<typeof JobBody>

export const SignedReceipt = z.object({
  receipt: Receipt.schema,
  /** By the offer's provider, over `Receipt.digest`. */
  signature,
})
export type SignedReceipt = z.output<typeof SignedReceipt>

/** Answer of `POST /jobs` without `stream`, and of `GET /jobs/{jobId}`. */
export const JobResult = z.object({
  /**
   * The canonical `Answer` whose hash the receipt carries; null where it is not retained any more or the caller of
   * `GET` did not show the job's salt (header `x-dehug-salt`). `finishReason` lies inside.
   */
  answer: json.nullable(),
  units: Units,
  receipt: Receipt.schema,
  signature,
  /** Why a zero-fee job failed, as a problem code. */
  failure: z.string().optional(),
})
export type JobResult = z.output<typeof JobResult>

/** Header of `GET /jobs/{jobId}` without which the answer is left out. */
export const saltHeader = 'x-dehug-salt'

/**
 * Events of `POST /jobs` with `stream`: any number of `delta`, at most a few `ceiling`, at most one `error`, and a
 * `receipt` last. An `error` before the job was accepted is an ordinary problem response, not an event; an `error`
 * event is always followed by the job's zero-fee `receipt`.
 */
export const StreamEvents = {
  /** A piece of text and how many units out have been written, this piece included. */
  delta: z.object({ text: z.string(), unitsOut: z.int().nonnegative() }),
  /**
   * The reserved units are used up: send `POST /jobs/{jobId}/voucher` with a `maxOut` of up to `unitsOut` and a ceiling
   * of at least `ceilingMicroUsdc` within `waitMs`.
   */
  ceiling: z.object({ unitsOut: uint, ceilingMicroUsdc: uint, waitMs: z.int().positive() }),
  error: json,
  receipt: JobResult,
} as const

/** `POST /jobs/{jobId}/voucher`: a higher ceiling (same context, higher `n`) and the new `maxOut` it pays for. */
export const VoucherBody = z.strictObject({ voucher: Voucher.schema, voucherSignature: signature, maxOut: uint })
export type VoucherBody = z.output<typeof VoucherBody>

export const VoucherResult = z.object({ jobId: bytes32, maxOut: uint, reserved: uint, ceiling: uint })
export type VoucherResult = z.output<typeof VoucherResult>

/** `GET /channels/{channelId}`: what the provider's book says; the caller verifies both signatures. */
export const ChannelState = z.object({
  channelId: bytes32,
  state: z.enum(['open', 'closing', 'closed']),
  locked: uint,
  claimed: uint,
  spent: uint,
  reserved: uint,
  seq: uint,
  lastVoucher: z.object({ voucher: Voucher.schema, signature }).nullable(),
  lastReceipt: SignedReceipt.nullable(),
})
export type ChannelState = z.output<typeof ChannelState>

/** `POST /channels/{channelId}/release`: signed by the session key or the payer (EIP-712 `RequestClose`). */
export const ReleaseBody = z.strictObject({ request: RequestClose.schema, signature })
export type ReleaseBody = z.output<typeof ReleaseBody>

/** The transaction that claimed what was due and returned the rest to the payer. */
export const ReleaseResult = z.object({ channelId: bytes32, spent: uint, released: uint, tx: bytes32 })
export type ReleaseResult = z.output<typeof ReleaseResult>

/** JSON text of anything parsed above: bigint becomes a decimal string. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? item.toString() : item))

/** One server-sent event (HTML standard, section 9.2). */
export const sseEvent = (event: keyof typeof StreamEvents, data: unknown): string =>
  `event: ${event}\ndata: ${toJson(data)}\n\n`
