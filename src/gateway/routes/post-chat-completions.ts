import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { OpenAi } from '../../wire/index.ts'
import type { Gateway } from '../Gateway.ts'
import { chatCompletion, chatId } from '../openai-answer.ts'
import { chatRequest } from '../openai-request.ts'
import { modelOfPath } from '../path-model.ts'
import { runJob } from '../run-job.ts'
import { streamText, type TextShape } from '../stream-text.ts'
import { paidHeaders, takeOrder } from '../take-order.ts'

const shape: TextShape = {
  object: 'chat.completion.chunk',
  idOf: chatId,
  first: '"delta":{"role":"assistant","content":"","refusal":null}',
  piece: (text) => `"delta":{"content":${JSON.stringify(text)}}`,
  last: '"delta":{}',
}

/** `POST /v1/chat/completions`, and the same below one model's address. */
export function postChatCompletions(app: FastifyInstance, gateway: Gateway, path = '/chat/completions'): void {
  app.post(path, async (request, reply) => {
    const body = OpenAi.parse('chat', modelOfPath(request))
    const asked = { model: body.model, request: await chatRequest(gateway, body) }
    if (!body.stream) return whole(gateway, request, reply, asked)
    const wantsUsage = body.stream_options?.include_usage === true
    return streamText(gateway, request, reply, { ...asked, wantsUsage }, shape)
  })
}

async function whole(
  gateway: Gateway,
  request: FastifyRequest,
  reply: FastifyReply,
  asked: Parameters<typeof takeOrder>[3],
): Promise<string> {
  const outcome = await runJob(gateway, await takeOrder(gateway, request, reply, asked))
  reply.headers(paidHeaders(gateway, request, outcome)).type('application/json')
  return JSON.stringify(chatCompletion(outcome, { model: asked.model, created: Math.floor(gateway.now() / 1000) }))
}
