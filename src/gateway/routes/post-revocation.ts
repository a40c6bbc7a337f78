import type { FastifyInstance } from 'fastify'
import { NotFound, Struct } from '../../core/index.ts'
import { GatewayWire } from '../../wire/index.ts'
import type { Gateway } from '../Gateway.ts'

/** `POST /v1/sessions/revoke`: relays the payer's signed end of a session; its key pays for nothing from then on. */
export function postRevocation(app: FastifyInstance, gateway: Gateway): void {
  app.post('/sessions/revoke', async (request): Promise<GatewayWire.RevokeResult> => {
    const { revoke, signature } = Struct.parseWith(GatewayWire.RevokeBody, request.body, 'revocation')
    const session = await gateway.treasury.session(revoke.session)
    if (!session) throw new NoSuchSession(revoke.session)
    if (session.revoked) return { tx: null }
    return gateway.treasury.revoke(revoke, signature, session.payer)
  })
}

/** The chain knows no session of this id. */
export class NoSuchSession extends NotFound {
  constructor(id: string) {
    super(`There is no session ${id}.`, { code: 'no_such_session' })
  }
}
