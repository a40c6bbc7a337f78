import type { FastifyInstance } from 'fastify'
import { ProviderWire } from '../../wire/index.ts'
import type { WorkerContext } from '../app.ts'

/** `GET /offers`: signed prices and limits of what is served now. */
export function getOffers(app: FastifyInstance, { chainId, controller, ledger, offers }: WorkerContext): void {
  app.get('/offers', async (_, reply) => {
    const body = { provider: ledger.provider, chainId, controller, offers: await offers.current() }
    return reply.type('application/json').send(ProviderWire.toJson(body))
  })
}
