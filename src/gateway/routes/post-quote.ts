import type { FastifyInstance } from 'fastify'
import { EngineRequest, Offer, Struct } from '../../core/index.ts'
import { GatewayWire, OpenAi, ProviderWire } from '../../wire/index.ts'
import type { Gateway } from '../Gateway.ts'
import * as Order from '../Order.ts'
import { chatRequest, completionRequest, embeddingRequest } from '../openai-request.ts'
import { bestOffer } from '../run-job.ts'

/** `POST /v1/quote`: the most that a request can cost, under which offer. No key needed. */
export function postQuote(app: FastifyInstance, gateway: Gateway): void {
  app.post('/quote', async (request, reply) => {
    const body = Struct.parseWith(GatewayWire.QuoteBody, request.body, 'quote request')
    const { model } = body
    const engineRequest = await requestOf(gateway, body)
    const known = await bestOffer(gateway, { model, request: engineRequest })
    const { units, maxFee } = Order.quote(known.offer, engineRequest)
    const { offer, signature, hash: offerHash, task } = known
    const quote = { model: known.model, task, offer: Offer.serialize(offer), signature, offerHash, units, maxFee }
    return reply.type('application/json').send(ProviderWire.toJson(quote satisfies Record<keyof Result, unknown>))
  })
}

type Result = GatewayWire.QuoteResult

/** The engine's request inside, or what the OpenAI body would become. */
async function requestOf(gateway: Gateway, body: GatewayWire.QuoteBody): Promise<EngineRequest.EngineRequest> {
  if (body.request) return EngineRequest.parse(body.request)
  if ('messages' in body) return chatRequest(gateway, OpenAi.parse('chat', body))
  if ('input' in body) return embeddingRequest(OpenAi.parse('embedding', body))
  return completionRequest(OpenAi.parse('completion', body))
}
