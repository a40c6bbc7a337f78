import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import { type Answer, BadInput, DehugError, type EngineRequest, Fault } from '../../core/index.ts'
import type { Engine } from '../../engine/index.ts'
import { OpenAi } from '../../wire/index.ts'

export type LocalModel = { id: string; engine: Engine; now: () => number }

const defaultMaxTokens = 256

/** The OpenAI API over one engine on this machine: chat, completions, embeddings, models. Nothing is paid, no receipts. */
export function localOpenAi(model: LocalModel): FastifyInstance {
  const app = Fastify({ bodyLimit: 8 * 2 ** 20 })
  app.setErrorHandler((error, _request, reply) => {
    const known =
      error instanceof DehugError ? error : statusOf(error) < 500 ? new BadInput((error as Error).message) : new Fault()
    return reply.code(known.status).send(errorBody(known))
  })
  const listed: OpenAi.Model = {
    id: model.id,
    object: 'model',
    created: Math.floor(model.now() / 1000),
    owned_by: 'local',
  }
  app.get('/healthz', async () => ({ status: 'ok', model: model.id }))
  app.get('/v1/models', async () => ({ object: 'list', data: [listed] }))
  app.post('/v1/chat/completions', (request, reply) => {
    const body = OpenAi.parse('chat', request.body)
    const asked = {
      messages: body.messages,
      maxTokens: body.max_completion_tokens ?? body.max_tokens ?? defaultMaxTokens,
    }
    return answerText(model, reply, { ...sampling(body), ...asked }, body.stream === true, chatShape)
  })
  app.post('/v1/completions', (request, reply) => {
    const body = OpenAi.parse('completion', request.body)
    const asked = { prompt: body.prompt, maxTokens: body.max_tokens ?? defaultMaxTokens }
    return answerText(model, reply, { ...sampling(body), ...asked }, body.stream === true, textShape)
  })
  app.post('/v1/embeddings', (request) => embed(model, OpenAi.parse('embedding', request.body)))
  return app
}

const statusOf = (error: unknown): number => (error as { statusCode?: number }).statusCode ?? 500

function errorBody(error: DehugError): OpenAi.ErrorBody {
  const { message, code, hint, retryable } = error
  return { error: { message, type: error.name, code, param: null, dehug: { hint, retryable } } }
}

type TextRequest = Extract<EngineRequest.EngineRequest, { task: 'text-generation' }>

function sampling(body: OpenAi.ChatBody | OpenAi.CompletionBody) {
  return {
    task: 'text-generation' as const,
    temperature: body.temperature ?? 0,
    topP: body.top_p ?? 1,
    stop: body.stop ?? [],
    ...(body.seed === undefined ? {} : { seed: body.seed }),
  }
}

type Shape = {
  id: string
  object: string
  chunk: string
  /** One choice of a whole answer and of a piece of it. */
  whole: (text: string) => object
  piece: (text: string) => object
}

const chatShape: Shape = {
  id: 'chatcmpl',
  object: 'chat.completion',
  chunk: 'chat.completion.chunk',
  whole: (content) => ({ message: { role: 'assistant', content, refusal: null } }),
  piece: (content) => ({ delta: content === '' ? {} : { role: 'assistant', content } }),
}

const textShape: Shape = {
  id: 'cmpl',
  object: 'text_completion',
  chunk: 'text_completion',
  whole: (text) => ({ text }),
  piece: (text) => ({ text }),
}

async function answerText(model: LocalModel, reply: FastifyReply, request: TextRequest, stream: boolean, shape: Shape) {
  const created = Math.floor(model.now() / 1000)
  const about = { id: `${shape.id}-${model.now()}`, created, model: model.id }
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  const send = (choice: object, finish: string | null) => {
    if (!reply.raw.headersSent) {
      reply.hijack()
      reply.raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' })
    }
    const choices = [{ index: 0, ...choice, logprobs: null, finish_reason: finish }]
    reply.raw.write(`data: ${JSON.stringify({ ...about, object: shape.chunk, choices })}\n\n`)
  }
  const { answer, units } = await model.engine.run(request, {
    signal: gone.signal,
    ...(stream ? { onText: (text: string) => send(shape.piece(text), null) } : {}),
  })
  const { text, finishReason } = answer as Extract<Answer.Answer, { kind: 'text' }>
  const finish = finishReason === 'length' ? 'length' : 'stop'
  if (stream) {
    send(shape.piece(''), finish)
    reply.raw.end('data: [DONE]\n\n')
    return reply
  }
  const [prompt, completion] = [Number(units.in), Number(units.out)]
  const usage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
  const choices = [{ index: 0, ...shape.whole(text), logprobs: null, finish_reason: finish }]
  return { ...about, object: shape.object, choices, usage }
}

async function embed({ engine, id }: LocalModel, body: OpenAi.EmbeddingBody): Promise<OpenAi.EmbeddingList> {
  const { answer, units } = await engine.run({ task: 'feature-extraction', inputs: body.input })
  const { vectors } = answer as Extract<Answer.Answer, { kind: 'embeddings' }>
  const data = vectors.map((vector, index) => ({
    object: 'embedding' as const,
    index,
    embedding: body.encoding_format === 'base64' ? vector : floats(vector),
  }))
  const tokens = Number(units.in)
  return { object: 'list', data, model: id, usage: { prompt_tokens: tokens, total_tokens: tokens } }
}

/** The numbers behind base64 of float32, little-endian. */
function floats(base64: string): number[] {
  const bytes = Buffer.from(base64, 'base64')
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4))
}
