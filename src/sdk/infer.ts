import { Answer, type EngineRequest, Job } from '../core/index.ts'
import type { Connection } from './Connection.ts'
import { type CheckedReceipt, checkReceipt } from './check-receipt.ts'
import { errorOf, type Http } from './Http.ts'
import * as Sse from './Sse.ts'

export type InferOptions<R extends EngineRequest.EngineRequest = EngineRequest.EngineRequest> = {
  /** `ns/name`. */
  model: string
  request: R
  /** The same key gives the same answer and is charged once. */
  idempotencyKey?: string | undefined
  /** Called with each piece of a text as it is written. */
  onText?: ((text: string) => void) | undefined
  signal?: AbortSignal | undefined
}

type AnswerTo<R extends EngineRequest.EngineRequest> = R['task'] extends 'text-generation'
  ? Extract<Answer.Answer, { kind: 'text' }>
  : Answer.Answer

export type InferResult<A extends Answer.Answer = Answer.Answer> = {
  answer: A
  tokensIn: number
  tokensOut: number
  feeMicroUsdc: bigint
  /** The receipt, after everything in it was checked; undefined where the gateway keeps none (free local serving). */
  receipt: CheckedReceipt | undefined
}

/** What came over the line. `answers` are the forms that the signed answer may have. */
type Told = {
  answers: [Answer.Answer, ...Answer.Answer[]]
  tokensIn: number
  tokensOut: number
  receiptUrl: string | null
}

/**
 * Runs a model on one request of any task; texts are streamed. Afterwards the receipt is fetched and checked against the
 * request and the answer that came. Throws `ReceiptRefused` when it does not hold.
 */
export async function infer<R extends EngineRequest.EngineRequest>(
  connection: Connection,
  options: InferOptions<R>,
): Promise<InferResult<AnswerTo<R>>> {
  const gateway = await connection.gateway()
  const told = await ask(gateway, options)
  const jobId = /\/v1\/receipts\/(0x[0-9a-f]{64})/.exec(told.receiptUrl ?? '')?.[1]
  const receipt =
    jobId === undefined
      ? undefined
      : await checkReceipt(connection, jobId, {
          answers: told.answers.map(Answer.hash),
          requestHash: (salt) => Job.requestHash(salt, options.request),
        })
  return {
    answer: told.answers[0] as AnswerTo<R>,
    tokensIn: told.tokensIn,
    tokensOut: told.tokensOut,
    feeMicroUsdc: receipt?.receipt.fee ?? 0n,
    receipt,
  }
}

function ask(gateway: Http, options: InferOptions): Promise<Told> {
  const { task } = options.request
  if (task === 'text-generation') return askText(gateway, options, options.request)
  if (task === 'feature-extraction') return askVectors(gateway, options, options.request)
  return askLabels(gateway, options, options.request)
}

const send = (gateway: Http, { idempotencyKey, signal }: InferOptions, path: string, body: unknown) =>
  gateway.response(path, {
    method: 'POST',
    signal,
    headers: { 'idempotency-key': idempotencyKey ?? globalThis.crypto.randomUUID() },
    body,
  })

const receiptOf = (answer: Response) => answer.headers.get('x-dehug-receipt')

type Request<T extends EngineRequest.Task> = Extract<EngineRequest.EngineRequest, { task: T }>

async function askText(gateway: Http, options: InferOptions, request: Request<'text-generation'>): Promise<Told> {
  const { messages, prompt, maxTokens, temperature, topP, seed, stop } = request
  const body = {
    model: options.model,
    ...(messages ? { messages } : { prompt }),
    max_tokens: maxTokens,
    temperature,
    top_p: topP,
    ...(seed === undefined ? {} : { seed }),
    ...(stop.length > 0 ? { stop } : {}),
    stream: true,
    stream_options: { include_usage: true },
  }
  const answer = await send(gateway, options, messages ? '/v1/chat/completions' : '/v1/completions', body)
  const { text, finishReason, ...told } = await readStream(answer, options.onText)
  // A gateway says `length` of all that was cut short; an answer is one that the caller left when its key is sent again.
  const reasons = finishReason === 'length' ? (['length', 'ceiling', 'abort'] as const) : (['stop'] as const)
  const [first, ...others] = reasons.map((reason) => ({ kind: 'text' as const, text, finishReason: reason }))
  return { ...told, answers: [first as Answer.Answer, ...others] }
}

type Chunk = {
  choices?: { text?: string; delta?: { content?: string }; finish_reason?: string | null }[]
  usage?: { prompt_tokens: number; completion_tokens?: number } | null
  error?: unknown
}

async function readStream(answer: Response, onText: ((text: string) => void) | undefined) {
  const streamed = { text: '', finishReason: '', tokensIn: 0, tokensOut: 0, receiptUrl: receiptOf(answer) }
  for await (const event of Sse.read(answer)) {
    // Comments carry the receipt too; the one that is checked is fetched by its URL.
    if (event.event === 'comment' || event.data === '[DONE]' || event.data === '') continue
    const chunk = JSON.parse(event.data) as Chunk
    if (chunk.error) throw await errorOf(new Response(event.data, { status: 502 }))
    const [choice] = chunk.choices ?? []
    const text = choice?.delta?.content ?? choice?.text ?? ''
    if (text !== '') onText?.(text)
    streamed.text += text
    streamed.finishReason = choice?.finish_reason ?? streamed.finishReason
    streamed.tokensIn = chunk.usage?.prompt_tokens ?? streamed.tokensIn
    streamed.tokensOut = chunk.usage?.completion_tokens ?? streamed.tokensOut
  }
  return streamed
}

async function askVectors(gateway: Http, options: InferOptions, request: Request<'feature-extraction'>): Promise<Told> {
  const body = { model: options.model, input: request.inputs, encoding_format: 'base64' }
  const answer = await send(gateway, options, '/v1/embeddings', body)
  const list = (await answer.json()) as { data: { embedding: string }[]; usage?: { prompt_tokens: number } }
  const vectors = list.data.map(({ embedding }) => embedding)
  return {
    answers: [{ kind: 'embeddings', vectors }],
    tokensIn: list.usage?.prompt_tokens ?? 0,
    tokensOut: 0,
    receiptUrl: receiptOf(answer),
  }
}

type Labels = { label: string; score: number }[]

async function askLabels(
  gateway: Http,
  options: InferOptions,
  request: Request<'text-classification' | 'image-classification'>,
): Promise<Told> {
  const inputs = request.task === 'image-classification' ? request.images : request.inputs
  const parameters = request.topK === undefined ? {} : { parameters: { top_k: request.topK } }
  const answer = await send(gateway, options, `/models/${options.model}`, { inputs, ...parameters })
  const told = (await answer.json()) as Labels | Labels[]
  const labels = request.task === 'image-classification' ? [told as Labels] : (told as Labels[])
  return { answers: [{ kind: 'labels', labels }], tokensIn: 0, tokensOut: 0, receiptUrl: receiptOf(answer) }
}
