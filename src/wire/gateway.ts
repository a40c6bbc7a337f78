import { z } from 'zod'
import {
  type Hex,
  Offer,
  Receipt,
  RevenueWithdraw,
  Revoke,
  Session,
  Voucher,
  Withdraw,
  WithdrawCredit,
} from '../core/index.ts'
import { Units } from './provider.ts'

/**
 * What a gateway says besides the OpenAI and Hugging Face shapes: quotes, sessions, balance, receipts, withdrawals.
 * In JSON, `uint64` and `uint256` are decimal strings and bytes are lower-case hex after `0x`; parsed values carry
 * bigint. Money is µUSDC. Requests carry `authorization: Bearer sk-dehug-…` unless said otherwise.
 */

const hex = (bytes: number) =>
  z
    .string()
    .regex(new RegExp(`^0x[0-9a-fA-F]{${bytes * 2}}$`))
    .transform((text) => text.toLowerCase() as Hex)
const address = hex(20)
const bytes32 = hex(32)
const signature = z
  .string()
  .regex(/^0x([0-9a-fA-F]{2}){65,4096}$/)
  .transform((text) => text.toLowerCase() as Hex)
const uint = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,77})$/)
  .transform(BigInt)

/** Headers of every paid answer. */
export const headers = {
  /** URL of the receipt: `<origin>/v1/receipts/{jobId}`. */
  receipt: 'x-dehug-receipt',
  /** µUSDC charged. */
  fee: 'x-dehug-fee',
  requestId: 'x-request-id',
  /** Given by the caller or drawn by the gateway, and sent back. */
  idempotencyKey: 'idempotency-key',
} as const

/**
 * `POST /v1/quote` (no key needed): `model` and either a `request` (an `EngineRequest`), or the fields of the OpenAI
 * body to be sent later (`messages`, `prompt` or `input`, with `max_tokens`).
 */
export const QuoteBody = z.looseObject({
  model: z.string().min(1).max(300),
  request: z.record(z.string(), z.unknown()).optional(),
})
export type QuoteBody = z.output<typeof QuoteBody>

/** The cheapest provider's signed offer and the most that this request can cost under it. */
export const QuoteResult = z.object({
  model: z.string(),
  task: z.string(),
  offer: Offer.schema,
  /** By `offer.provider`. */
  signature,
  offerHash: bytes32,
  /** The largest units the price was computed for. */
  units: Units,
  maxFee: uint,
})
export type QuoteResult = z.output<typeof QuoteResult>

/**
 * `POST /v1/sessions` (no key needed): relays `depositWithSession`. `signature` is USDC's `ReceiveWithAuthorization` of
 * `amount` to the UsageController with the session id as its nonce; with `amount` 0 it is the payer's signature of the
 * `Session` itself (`openSession`, nothing is deposited). A session that is open already
 * is not opened again (`tx` is null). `models` lists the model ids behind a `modelsRoot` that is not zero.
 */
export const SessionBody = z.strictObject({
  session: Session.schema,
  amount: uint,
  validAfter: uint,
  validBefore: uint,
  signature,
  models: z.array(uint).min(1).max(1024).optional(),
})
export type SessionBody = z.output<typeof SessionBody>

export const SessionResult = z.object({
  sessionId: bytes32,
  payer: address,
  key: address,
  free: uint,
  tx: bytes32.nullable(),
})
export type SessionResult = z.output<typeof SessionResult>

/** `POST /v1/sessions/revoke` (no key needed): the payer's signed end of a session; `tx` is null where it had ended before. */
export const RevokeBody = z.strictObject({ revoke: Revoke.schema, signature })
export const RevokeResult = z.object({ tx: bytes32.nullable() })
export type RevokeResult = z.output<typeof RevokeResult>

export const ChannelView = z.object({
  channelId: bytes32,
  session: bytes32,
  provider: address,
  modelId: uint,
  lane: z.int(),
  /** `retiring`: takes no more jobs; what is left of it is on its way back. */
  state: z.enum(['open', 'retiring', 'closed']),
  locked: uint,
  spent: uint,
  /** The highest total signed away so far. */
  ceiling: uint,
  inFlight: z.int(),
})
export type ChannelView = z.output<typeof ChannelView>

/** `GET /v1/balance` */
export const Balance = z.object({
  payer: address,
  key: address,
  sessionId: bytes32,
  /** Not locked: can be withdrawn or locked at once. */
  free: uint,
  /** Locked in this key's open channels and not spent. */
  locked: uint,
  /** Spent in this key's open channels. */
  spent: uint,
  limit: z.object({ cap: uint, used: uint, left: uint, expiry: uint, revoked: z.boolean() }),
  channels: z.array(ChannelView),
})
export type Balance = z.output<typeof Balance>

/** `GET /v1/receipts/{jobId}`: all that is needed to check one charge, and to open it to an auditor. */
export const ReceiptView = z.object({
  jobId: bytes32,
  model: z.string(),
  provider: address,
  receipt: Receipt.schema,
  signature,
  voucher: Voucher.schema,
  voucherSignature: signature,
  offer: Offer.schema,
  offerSignature: signature,
  offerHash: bytes32,
  maxFee: uint,
  salt: bytes32,
  /** `Job.requestHash(salt, request)` */
  requestHash: bytes32,
  /** Unix ms at the gateway. */
  finishedAt: z.int(),
})
export type ReceiptView = z.output<typeof ReceiptView>

/** `GET /v1/receipts?since=<unix ms>&limit=<1…1000>`: oldest first; `next` is the `since` of the next page. */
export const Receipts = z.object({ receipts: z.array(ReceiptView), next: z.int().nullable() })
export type Receipts = z.output<typeof Receipts>

/**
 * `POST /v1/withdrawals` (no key needed): relays a signed withdrawal of a payer's free balance, a provider's credit, or a
 * creator's or holder's revenue.
 */
export const WithdrawBody = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('free'), withdraw: Withdraw.schema, signature }),
  z.strictObject({ kind: z.literal('credit'), withdraw: WithdrawCredit.schema, signature }),
  z.strictObject({ kind: z.literal('revenue'), withdraw: RevenueWithdraw.schema, signature }),
])
export type WithdrawBody = z.output<typeof WithdrawBody>

export const WithdrawResult = z.object({ tx: bytes32, amount: uint, to: address })
export type WithdrawResult = z.output<typeof WithdrawResult>

/** `POST /v1/channels/release`: settles this key's idle channels (or the one named) and frees what is left in them. */
export const ReleaseBody = z.strictObject({ channelId: bytes32.optional() })
export type ReleaseBody = z.output<typeof ReleaseBody>

export const ReleaseResult = z.object({
  released: z.array(z.object({ channelId: bytes32, spent: uint, released: uint, tx: bytes32 })),
  kept: z.array(z.object({ channelId: bytes32, reason: z.string() })),
})
export type ReleaseResult = z.output<typeof ReleaseResult>

/** `details` of a 402: what is short, the last things signed on the channel, and how to add money. */
export const PaymentDetails = z.object({
  payer: address,
  /** µUSDC that this request may cost at most. */
  maxFee: uint,
  /** µUSDC missing. */
  shortfall: uint,
  /** What limits: the free balance, or the cap of the session. */
  limit: z.enum(['balance', 'cap']),
  free: uint,
  capLeft: uint,
  channelId: bytes32,
  lastVoucher: z.object({ voucher: Voucher.schema, signature }).nullable(),
  lastReceipt: z.object({ receipt: Receipt.schema, signature }).nullable(),
  /** Sign a `Session` and a USDC authorization over at least `shortfall` and send both there. */
  topUp: z.object({ method: z.literal('POST'), url: z.string(), chainId: z.int(), controller: address, usdc: address }),
})
export type PaymentDetails = z.output<typeof PaymentDetails>
