import type { FastifyInstance } from 'fastify'
import type { Gateway } from '../Gateway.ts'
import { modelsOf } from '../model-view.ts'

/** `GET /v1/models/{namespace}/{name}`; clients also write the slash as `%2F`. */
export function getModel(app: FastifyInstance, gateway: Gateway): void {
  app.get<{ Params: { '*': string } }>('/models/*', async (request) => {
    const offers = await gateway.providers.find(decodeURIComponent(request.params['*']), { in: 0n, out: 0n, ms: 0n })
    return modelsOf(offers)[0]
  })
}
