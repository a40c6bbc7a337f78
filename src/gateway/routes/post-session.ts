import type { FastifyInstance } from 'fastify'
import { BadInput, Session, Struct } from '../../core/index.ts'
import { GatewayWire, ProviderWire } from '../../wire/index.ts'
import type { Gateway } from '../Gateway.ts'

/** `POST /v1/sessions`: relays `depositWithSession` (or `openSession`). The payer's signature is all that is needed. */
export function postSession(app: FastifyInstance, gateway: Gateway): void {
  app.post('/sessions', async (request, reply) => {
    const body = Struct.parseWith(GatewayWire.SessionBody, request.body, 'session request')
    const { session, models } = body
    const sessionId = Session.structHash(session)
    const state = { ...session, session: sessionId, used: 0n, revoked: false }
    gateway.sessions.assertModels(state, models)
    const known = await gateway.treasury.session(sessionId)
    if (!known && body.amount === 0n && (await gateway.treasury.free(session.payer)) === 0n)
      throw new NothingDeposited(session.payer)
    const tx = known ? null : (await gateway.treasury.openSession(body)).tx
    await gateway.sessions.remember(state, models)
    const free = await gateway.treasury.free(session.payer)
    const result = { sessionId, payer: session.payer, key: session.key, free, tx }
    return reply.type('application/json').send(ProviderWire.toJson(result satisfies GatewayWire.SessionResult))
  })
}

/** A session of a payer without balance would cost gas and could buy nothing. */
export class NothingDeposited extends BadInput {
  constructor(payer: string) {
    super(`${payer} has no balance and deposits nothing, so the session could buy nothing.`, {
      code: 'nothing_deposited',
      hint: 'Deposit in the same request: give an amount and the signature of the USDC authorization.',
    })
  }
}
