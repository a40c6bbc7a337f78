import type { FastifyInstance } from 'fastify'
import type { WorkerContext } from '../app.ts'

/** `GET /healthz` (and `/health`): 200 once the worker takes jobs. */
export function getHealth(app: FastifyInstance, { ledger, offers, engines }: WorkerContext): void {
  const health = async () => ({
    status: 'ok',
    provider: ledger.provider,
    models: (await offers.current()).map(({ repo }) => repo),
    engines: engines.running,
  })
  app.get('/healthz', health)
  app.get('/health', health)
}
