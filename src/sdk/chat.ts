import type { Connection } from './Connection.ts'
import type { CheckedReceipt } from './check-receipt.ts'
import { infer } from './infer.ts'

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
  const { model, idempotencyKey, onText, signal } = options
  const request = {
    task: 'text-generation' as const,
    messages: options.messages,
    maxTokens: options.maxTokens ?? defaultMaxTokens,
    temperature: options.temperature ?? 0,
    topP: options.topP ?? 1,
    stop: [],
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  }
  const { answer, ...result } = await infer(connection, { model, request, idempotencyKey, onText, signal })
  return { ...result, text: answer.text, finishReason: answer.finishReason === 'length' ? 'length' : 'stop' }
}
