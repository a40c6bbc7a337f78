import type { FastifyInstance } from 'fastify'
import { OpenAi } from '../../wire/index.ts'
import { answerText, type TextShape } from '../answer-text.ts'
import type { Gateway } from '../Gateway.ts'
import { chatCompletion, chatId } from '../openai-answer.ts'
import { chatRequest } from '../openai-request.ts'
import { modelOfPath } from '../path-model.ts'

const shape: TextShape = {
  object: 'chat.completion.chunk',
  idOf: chatId,
  first: '"delta":{"role":"assistant","content":"","refusal":null}',
  piece: (text) => `"delta":{"content":${JSON.stringify(text)}}`,
  last: '"delta":{}',
  whole: chatCompletion,
}

/** `POST /v1/chat/completions`, and the same below one model's address. */
export function postChatCompletions(app: FastifyInstance, gateway: Gateway, path = '/chat/completions'): void {
  app.post(path, async (request, reply) => {
    const body = OpenAi.parse('chat', modelOfPath(request))
    const { model, stream = false } = body
    const wantsUsage = body.stream_options?.include_usage === true
    const asked = { model, request: await chatRequest(gateway, body), stream, wantsUsage }
    return answerText(gateway, request, reply, asked, shape)
  })
}
