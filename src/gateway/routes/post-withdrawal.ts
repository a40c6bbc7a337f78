import type { FastifyInstance } from 'fastify'
import { Struct } from '../../core/index.ts'
import { GatewayWire, ProviderWire } from '../../wire/index.ts'
import type { Gateway } from '../Gateway.ts'

/** `POST /v1/withdrawals`: relays a signed withdrawal. Whoever signed it is all that matters. */
export function postWithdrawal(app: FastifyInstance, gateway: Gateway): void {
  app.post('/withdrawals', async (request, reply) => {
    const body = Struct.parseWith(GatewayWire.WithdrawBody, request.body, 'withdrawal')
    const { tx } = await gateway.treasury.withdraw(body)
    const { amount, to } = body.withdraw
    return reply
      .type('application/json')
      .send(ProviderWire.toJson({ tx, amount, to } satisfies GatewayWire.WithdrawResult))
  })
}
