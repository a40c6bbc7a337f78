import type { FastifyInstance } from 'fastify'
import { OpenAi } from '../../wire/index.ts'
import type { Gateway } from '../Gateway.ts'
import { embeddingList } from '../openai-answer.ts'
import { embeddingRequest } from '../openai-request.ts'
import { runJob } from '../run-job.ts'
import { paidHeaders, takeOrder } from '../take-order.ts'

/** `POST /v1/embeddings` */
export function postEmbeddings(app: FastifyInstance, gateway: Gateway): void {
  app.post('/embeddings', async (request, reply) => {
    const body = OpenAi.parse('embedding', request.body)
    const { model, encoding_format } = body
    const ticket = await takeOrder(gateway, request, reply, { model, request: embeddingRequest(body) })
    const outcome = await runJob(gateway, ticket)
    reply.headers(paidHeaders(gateway, request, outcome)).type('application/json')
    return JSON.stringify(embeddingList(outcome, model, encoding_format))
  })
}
