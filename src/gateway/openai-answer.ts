import type { Answer, Receipt } from '../core/index.ts'
import type { OpenAi } from '../wire/index.ts'
import type { Outcome } from './Order.ts'
import { AnswerGone } from './run-job.ts'

type About = { model: string; created: number }

/** Tokens as the receipt counts them. */
export const usageOf = ({ unitsIn, unitsOut }: Receipt.Receipt): Required<OpenAi.Usage> => {
  const prompt = Number(unitsIn)
  const completion = Number(unitsOut)
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
}

/** OpenAI knows no end for want of money or of a reader: the text was cut short. */
export const finishReason = ({ finishReason: reason }: Text): OpenAi.FinishReason =>
  reason === 'stop' ? 'stop' : 'length'

type Text = Extract<Answer.Answer, { kind: 'text' }>

/** The answer of the wanted kind. Throws `AnswerGone` when it is not there. */
export function answerOf<K extends Answer.Answer['kind']>(
  { jobId, answer }: Outcome,
  kind: K,
): Extract<Answer.Answer, { kind: K }> {
  if (answer?.kind !== kind) throw new AnswerGone(jobId)
  return answer as Extract<Answer.Answer, { kind: K }>
}

export const chatId = (jobId: string): string => `chatcmpl-${jobId.slice(2, 34)}`
export const completionId = (jobId: string): string => `cmpl-${jobId.slice(2, 34)}`

export function chatCompletion(outcome: Outcome, { model, created }: About): OpenAi.ChatCompletion {
  const answer = answerOf(outcome, 'text')
  const message = { role: 'assistant', content: answer.text, refusal: null } as const
  return {
    ...{ id: chatId(outcome.jobId), object: 'chat.completion', created, model },
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason(answer) }],
    usage: usageOf(outcome.signed.receipt),
  }
}

export function textCompletion(outcome: Outcome, { model, created }: About): OpenAi.TextCompletion {
  const answer = answerOf(outcome, 'text')
  return {
    ...{ id: completionId(outcome.jobId), object: 'text_completion', created, model },
    choices: [{ index: 0, text: answer.text, logprobs: null, finish_reason: finishReason(answer) }],
    usage: usageOf(outcome.signed.receipt),
  }
}

/** Vectors are base64 of little-endian float32 already, which is OpenAI's `base64` format. */
export function embeddingList(outcome: Outcome, model: string, format: 'float' | 'base64'): OpenAi.EmbeddingList {
  const { vectors } = answerOf(outcome, 'embeddings')
  const { prompt_tokens, total_tokens } = usageOf(outcome.signed.receipt)
  return {
    object: 'list',
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: format === 'base64' ? vector : floats(vector),
    })),
    model,
    usage: { prompt_tokens, total_tokens },
  }
}

/** The numbers behind the base64 of little-endian float32. */
export function floats(base64: string): number[] {
  const bytes = Buffer.from(base64, 'base64')
  return Array.from({ length: bytes.length >> 2 }, (_, i) => bytes.readFloatLE(i * 4))
}
