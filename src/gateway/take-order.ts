import type { FastifyReply, FastifyRequest } from 'fastify'
import { BadInput, Bytes, type EngineRequest, NotAuthenticated } from '../core/index.ts'
import { GatewayWire } from '../wire/index.ts'
import type { Gateway } from './Gateway.ts'
import * as Order from './Order.ts'
import type { Payer } from './Sessions.ts'

/** The session behind `authorization: Bearer sk-dehug-…`. Throws `NotAuthenticated`. */
export async function payerOf(gateway: Gateway, request: FastifyRequest): Promise<Payer> {
  return gateway.sessions.of(apiKeyOf(request))
}

/** The same where the session may have ended: to see and free what is left. */
export async function anyPayerOf(gateway: Gateway, request: FastifyRequest): Promise<Payer> {
  return gateway.sessions.ofAny(apiKeyOf(request))
}

function apiKeyOf({ headers: { authorization } }: FastifyRequest): string {
  if (!authorization?.startsWith('Bearer ')) throw new NoApiKey()
  return authorization.slice(7).trim()
}

/** The caller's order; `onText` makes it a stream. Its signal fires when the connection ends before the answer does. */
export async function takeOrder(
  gateway: Gateway,
  request: FastifyRequest,
  reply: FastifyReply,
  what: { model: string; request: EngineRequest.EngineRequest; onText?: Order.Order['onText'] },
): Promise<Order.Ticket> {
  const payer = await payerOf(gateway, request)
  const given = request.headers[GatewayWire.headers.idempotencyKey]
  const key = given === undefined ? Bytes.toHex(gateway.random(16)) : checkKey(String(given))
  reply.header(GatewayWire.headers.idempotencyKey, key)
  const { onText, ...rest } = what
  const order = { payer, ...rest, key, isRepeatable: given !== undefined, signal: gone(reply) }
  return Order.ticket(onText ? { ...order, onText } : order)
}

function checkKey(key: string): string {
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) throw new BadIdempotencyKey()
  return key
}

function gone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  // Who left before this was reached, while the key was being looked up, is not told of again.
  if (reply.raw.destroyed) controller.abort()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort()
  })
  return controller.signal
}

/** Where the receipt of a job can be read. */
export const receiptUrl = (gateway: Gateway, request: FastifyRequest, jobId: string): string =>
  `${gateway.publicUrl ?? `${request.protocol}://${request.host}`}/v1/receipts/${jobId}`

/** The headers every paid answer carries. */
export const paidHeaders = (
  gateway: Gateway,
  request: FastifyRequest,
  { jobId, signed }: Order.Outcome,
): Record<string, string> => ({
  [GatewayWire.headers.receipt]: receiptUrl(gateway, request, jobId),
  [GatewayWire.headers.fee]: signed.receipt.fee.toString(),
})

/** Nobody said who pays. */
export class NoApiKey extends NotAuthenticated {
  constructor() {
    super('No API key was given.', {
      code: 'missing_api_key',
      hint: 'Send "authorization: Bearer sk-dehug-…"; "dehug channel fund" makes a key.',
    })
  }
}

/** An idempotency key must fit a header and a database column. */
export class BadIdempotencyKey extends BadInput {
  constructor() {
    super('The Idempotency-Key must be 1 to 255 visible ASCII characters.', { code: 'bad_idempotency_key' })
  }
}
