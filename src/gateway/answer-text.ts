import type { FastifyReply, FastifyRequest } from 'fastify'
import type { EngineRequest } from '../core/index.ts'
import * as EventStream from './EventStream.ts'
import type { Gateway } from './Gateway.ts'
import { answerOf, type chatCompletion, finishReason, usageOf } from './openai-answer.ts'
import { runJob } from './run-job.ts'
import { paidHeaders, receiptUrl, takeOrder } from './take-order.ts'

/** How one API writes its events: the JSON of `choices[0]`, without index, `logprobs` and `finish_reason`. */
export type TextShape = {
  object: string
  idOf: (jobId: string) => string
  /** Sent before the first piece of text. */
  first?: string
  piece: (text: string) => string
  last: string
  /** The answer to a request that does not stream. */
  whole: (...about: Parameters<typeof chatCompletion>) => object
}

type Asked = { model: string; request: EngineRequest.EngineRequest; stream: boolean; wantsUsage: boolean }

/** Runs a text generation and answers it whole or as a stream. */
export async function answerText(
  gateway: Gateway,
  request: FastifyRequest,
  reply: FastifyReply,
  asked: Asked,
  shape: TextShape,
): Promise<FastifyReply | string> {
  if (asked.stream) return streamText(gateway, request, reply, asked, shape)
  const outcome = await runJob(gateway, await takeOrder(gateway, request, reply, asked))
  reply.headers(paidHeaders(gateway, request, outcome)).type('application/json')
  return JSON.stringify(shape.whole(outcome, { model: asked.model, created: Math.floor(gateway.now() / 1000) }))
}

/** Streams an answer as OpenAI does: pieces, the end, usage where asked for, the receipt as a comment, `[DONE]`. */
async function streamText(
  gateway: Gateway,
  request: FastifyRequest,
  reply: FastifyReply,
  { model, request: engineRequest, wantsUsage }: Asked,
  shape: TextShape,
): Promise<FastifyReply> {
  const created = Math.floor(gateway.now() / 1000)
  const stream = EventStream.open(reply, () => ({ 'x-dehug-receipt': receiptUrl(gateway, request, ticket.jobId) }))
  const tail = wantsUsage ? ',"usage":null}' : '}'
  const event = (choice: string, finish: string) =>
    `${head}"choices":[{"index":0,${choice},"logprobs":null,"finish_reason":${finish}}]${tail}`
  // The job id is settled when the first event is: a repeated key may have led to another run.
  let head = ''
  const begin = () => {
    const about = { id: shape.idOf(ticket.jobId), object: shape.object, created, model }
    if (head === '') head = `${JSON.stringify(about).slice(0, -1)},`
    if (!stream.hasStarted && shape.first) void stream.send(event(shape.first, 'null'))
  }
  const onText = (text: string) => {
    begin()
    return stream.send(event(shape.piece(text), 'null'))
  }
  const ticket = await takeOrder(gateway, request, reply, { model, request: engineRequest, onText })
  try {
    const outcome = await runJob(gateway, ticket)
    const finish = finishReason(answerOf(outcome, 'text'))
    begin()
    void stream.send(event(shape.last, `"${finish}"`))
    if (wantsUsage) void stream.send(`${head}"choices":[],"usage":${JSON.stringify(usageOf(outcome.signed.receipt))}}`)
    stream.receipt(outcome)
    stream.end('data: [DONE]\n\n')
  } catch (error) {
    EventStream.fail(stream, error)
  }
  return reply
}
