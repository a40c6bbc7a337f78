import type { FastifyInstance } from 'fastify'
import type { Gateway } from '../Gateway.ts'
import { modelsOf } from '../model-view.ts'

/** `GET /v1/models`: every model that a provider offers now. No key needed. */
export function getModels(app: FastifyInstance, gateway: Gateway): void {
  app.get('/models', async () => ({ object: 'list', data: modelsOf(await gateway.providers.list()) }))
}
