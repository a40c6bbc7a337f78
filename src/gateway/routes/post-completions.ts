import type { FastifyInstance } from 'fastify'
import { OpenAi } from '../../wire/index.ts'
import { answerText, type TextShape } from '../answer-text.ts'
import type { Gateway } from '../Gateway.ts'
import { completionId, textCompletion } from '../openai-answer.ts'
import { completionRequest } from '../openai-request.ts'
import { modelOfPath } from '../path-model.ts'

const shape: TextShape = {
  object: 'text_completion',
  idOf: completionId,
  piece: (text) => `"text":${JSON.stringify(text)}`,
  last: '"text":""',
  whole: textCompletion,
}

/** `POST /v1/completions`, and the same below one model's address. */
export function postCompletions(app: FastifyInstance, gateway: Gateway, path = '/completions'): void {
  app.post(path, async (request, reply) => {
    const body = OpenAi.parse('completion', modelOfPath(request))
    const { model, stream = false } = body
    const wantsUsage = body.stream_options?.include_usage === true
    const asked = { model, request: completionRequest(body), stream, wantsUsage }
    return answerText(gateway, request, reply, asked, shape)
  })
}
