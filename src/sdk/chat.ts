import { Answer, type EngineRequest, Job } from '../core/index.ts'
import type { Connection } from './Connection.ts'
import { type CheckedReceipt, checkReceipt } from './check-receipt.ts'
import { errorOf } from './Http.ts'
import * as Sse from './Sse.ts'

export type Message = { role: 'system' | 'user' | 'assistant'; content: string }

export type ChatOptions = {
  /** `ns/name`. */
  model: string
  messages: Message[]
  maxTokens?: number | undefined
  temperature?: number | undefined
  topP?: number | undefined
  seed?: number | undefined
  /** The same key gives the same answer and is charged once. */
  idempotencyKey?: string | undefined
  /** Called with each piece of the answer as it is written. */
  onText?: ((text: string) => void) | undefined
  signal?: AbortSignal | undefined
}

export type ChatResult = {
  text: string
  finishReason: 'stop' | 'length'
  tokensIn: number
  tokensOut: number
  feeMicroUsdc: bigint
  /** The receipt, after everything in it was checked; undefined where the gateway keeps none (free local serving). */
  receipt: CheckedReceipt | undefined
}

const defaultMaxTokens = 128

/**
 * One chat completion, streamed. Afterwards the receipt is fetched and checked: the provider's signature, the fee
 * against the offer and the quote, the request's context and the hash of the answer. Throws `ReceiptRefused` otherwise.
 */
export async function chat(connection: Connection, options: ChatOptions): Promise<ChatResult> {
  const request: EngineRequest.EngineRequest = {
    task: 'text-generation',
    messages: options.messages,
    maxTokens: options.maxTokens ?? defaultMaxTokens,
    temperature: options.temperature ?? 0,
    topP: options.topP ?? 1,
    stop: [],
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  }
  const gateway = await connection.gateway()
  const answer = await gateway.response('/v1/chat/completions', {
    method: 'POST',
    signal: options.signal,
    headers: { 'idempotency-key': options.idempotencyKey ?? globalThis.crypto.randomUUID() },
    body: bodyOf(options.model, request),
  })
  const streamed = await readStream(answer, options.onText)
  const jobId = /\/v1\/receipts\/(0x[0-9a-f]{64})/.exec(streamed.receiptUrl ?? '')?.[1]
  const receipt = jobId === undefined ? undefined : await receiptOf(connection, { jobId, request, streamed })
  return {
    text: streamed.text,
    finishReason: streamed.finishReason === 'length' ? 'length' : 'stop',
    tokensIn: streamed.tokensIn,
    tokensOut: streamed.tokensOut,
    feeMicroUsdc: receipt?.receipt.fee ?? 0n,
    receipt,
  }
}

function bodyOf(model: string, request: EngineRequest.EngineRequest & { task: 'text-generation' }) {
  const { messages, maxTokens, temperature, topP, seed } = request
  return {
    model,
    messages,
    max_tokens: maxTokens,
    temperature,
    top_p: topP,
    ...(seed === undefined ? {} : { seed }),
    stream: true,
    stream_options: { include_usage: true },
  }
}

type Streamed = {
  text: string
  finishReason: string
  tokensIn: number
  tokensOut: number
  receiptUrl: string | undefined
}

type Chunk = {
  choices?: { delta?: { content?: string }; finish_reason?: string | null }[]
  usage?: { prompt_tokens: number; completion_tokens?: number } | null
  error?: unknown
}

async function readStream(answer: Response, onText: ((text: string) => void) | undefined): Promise<Streamed> {
  const streamed: Streamed = {
    text: '',
    finishReason: '',
    tokensIn: 0,
    tokensOut: 0,
    receiptUrl: answer.headers.get('x-dehug-receipt') ?? undefined,
  }
  for await (const event of Sse.read(answer)) {
    // Comments carry the receipt too; the one that is checked is fetched by its URL.
    if (event.event === 'comment' || event.data === '[DONE]' || event.data === '') continue
    const chunk = JSON.parse(event.data) as Chunk
    if (chunk.error) throw await errorOf(new Response(event.data, { status: 502 }))
    const [choice] = chunk.choices ?? []
    const text = choice?.delta?.content ?? ''
    if (text !== '') onText?.(text)
    streamed.text += text
    streamed.finishReason = choice?.finish_reason ?? streamed.finishReason
    streamed.tokensIn = chunk.usage?.prompt_tokens ?? streamed.tokensIn
    streamed.tokensOut = chunk.usage?.completion_tokens ?? streamed.tokensOut
  }
  return streamed
}

type Wanted = { jobId: string; request: EngineRequest.EngineRequest; streamed: Streamed }

function receiptOf(connection: Connection, { jobId, request, streamed }: Wanted): Promise<CheckedReceipt> {
  const finishReason = streamed.finishReason === 'length' ? 'length' : 'stop'
  // A gateway says `length` of all that was cut short; an answer is one that the caller left when its key is sent again.
  const reasons = finishReason === 'length' ? (['length', 'ceiling', 'abort'] as const) : (['stop'] as const)
  const answers = reasons.map((reason) => Answer.hash({ kind: 'text', text: streamed.text, finishReason: reason }))
  return checkReceipt(connection, jobId, { answers, requestHash: (salt) => Job.requestHash(salt, request) })
}
