import type { Answer } from '../core/index.ts'
import type { HuggingFace } from '../wire/index.ts'
import type { Outcome } from './Order.ts'
import { floats } from './openai-answer.ts'
import { AnswerGone } from './run-job.ts'

type Text = Extract<Answer.Answer, { kind: 'text' }>

/** The answer in the shape that Hugging Face's clients read for its task. */
export function hfAnswer(outcome: Outcome, asked: HuggingFace.HfRequest): unknown {
  const { answer, jobId } = outcome
  if (!answer) throw new AnswerGone(jobId)
  if (answer.kind === 'embeddings') return vectorsOf(answer.vectors.map(floats), asked)
  // A picture has one list; texts have one each, and clients take the first.
  if (answer.kind === 'labels') return asked.request.task === 'image-classification' ? answer.labels[0] : answer.labels
  const generated_text = fullText(answer, asked)
  return asked.details ? { generated_text, details: detailsOf(answer, outcome) } : [{ generated_text }]
}

const vectorsOf = (vectors: number[][], { similarity }: HuggingFace.HfRequest): number[] | number[][] => {
  const [source = [], ...others] = vectors
  return similarity ? others.map((other) => cosine(source, other)) : vectors
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0)

const cosine = (a: readonly number[], b: readonly number[]): number => {
  const lengths = Math.sqrt(dot(a, a) * dot(b, b))
  return lengths === 0 ? 0 : dot(a, b) / lengths
}

const fullText = ({ text }: Text, { returnFullText, request }: HuggingFace.HfRequest): string =>
  returnFullText && request.task === 'text-generation' ? (request.prompt ?? '') + text : text

const reasons = { stop: 'eos_token', length: 'length', ceiling: 'length', abort: 'length' } as const

const detailsOf = ({ finishReason }: Text, { signed }: Outcome) => ({
  finish_reason: reasons[finishReason],
  generated_tokens: Number(signed.receipt.unitsOut),
  ...{ prefill: [], tokens: [], seed: null },
})

/** One event of a stream: a piece of text. Token ids and logits do not leave the engine. */
export const hfPiece = (text: string, index: number): string =>
  JSON.stringify({
    index,
    token: { id: null, text, logprob: null, special: false },
    generated_text: null,
    details: null,
  })

/** The last event, with the whole text. */
export function hfLast(outcome: Outcome, asked: HuggingFace.HfRequest, index: number): string {
  const { answer, jobId } = outcome
  if (answer?.kind !== 'text') throw new AnswerGone(jobId)
  const { finish_reason, generated_tokens, seed } = detailsOf(answer, outcome)
  return JSON.stringify({
    index,
    token: { id: null, text: '', logprob: null, special: true },
    generated_text: fullText(answer, asked),
    details: { finish_reason, generated_tokens, seed },
  })
}
