import type { Answer, EngineRequest } from '../core/index.ts'
import type { Done } from './Message.ts'

type Request = EngineRequest.EngineRequest

/** How many labels are given when the request does not say. */
const defaultTopK = 5

/**
 * The answer that a child's closing message stands for, or undefined when the message does not answer the request:
 * another number of rows, vectors of different length or with numbers that are none, more labels than asked for.
 */
export function answerOf(request: Request, done: Done, text: string): Answer.Answer | undefined {
  const isAborted = done.finishReason === 'abort'
  switch (request.task) {
    case 'text-generation':
      return { kind: 'text', text, finishReason: done.finishReason }
    case 'feature-extraction':
      if (isAborted) return { kind: 'embeddings', vectors: [] }
      return embeddings(done.vectors ?? [], request.inputs.length)
    default: {
      if (isAborted) return { kind: 'labels', labels: [] }
      const rows = request.task === 'text-classification' ? request.inputs : request.images
      const labels = done.labels ?? []
      const isRight =
        labels.length === rows.length && labels.every((row) => row.length <= (request.topK ?? defaultTopK))
      return isRight ? { kind: 'labels', labels } : undefined
    }
  }
}

/** What a request gets that was aborted before it ran. */
export function emptyAnswer(request: Request): Answer.Answer {
  if (request.task === 'text-generation') return { kind: 'text', text: '', finishReason: 'abort' }
  return request.task === 'feature-extraction' ? { kind: 'embeddings', vectors: [] } : { kind: 'labels', labels: [] }
}

/** Whether the units a child counted are possible for this request. */
export function areUnitsPossible(
  request: Request,
  units: { in: number; out: number },
  contextLength: number | null,
): boolean {
  const perRow = contextLength ?? 1
  switch (request.task) {
    case 'text-generation':
      return units.in <= perRow && units.out <= request.maxTokens
    case 'image-classification':
      return units.in <= request.images.length && units.out === 0
    default:
      return units.in <= perRow * request.inputs.length && units.out === 0
  }
}

function embeddings(vectors: string[], rows: number): Answer.Answer | undefined {
  const length = vectors[0]?.length
  const isRight =
    vectors.length === rows && vectors.every((vector) => vector.length === length && isFiniteVector(vector))
  return isRight ? { kind: 'embeddings', vectors } : undefined
}

function isFiniteVector(base64: string): boolean {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length === 0 || bytes.length % 4 !== 0) return false
  for (let at = 0; at < bytes.length; at += 4) if (!Number.isFinite(bytes.readFloatLE(at))) return false
  return true
}
