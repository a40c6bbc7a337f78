import { z } from 'zod'
import type { Hex } from './Bytes.ts'
import { hash as hashJson } from './Json.ts'
import { parseWith } from './Struct.ts'

const label = z.strictObject({ label: z.string(), score: z.number() })

export const schema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('text'),
    text: z.string(),
    /** `stop`: the model or a stop text ended it; `length`: the token limit; `abort`: the client; `ceiling`: the money. */
    finishReason: z.enum(['stop', 'length', 'abort', 'ceiling']),
  }),
  /** Each vector is the base64 of its float32 numbers, little-endian. */
  z.strictObject({ kind: z.literal('embeddings'), vectors: z.array(z.base64()) }),
  z.strictObject({ kind: z.literal('labels'), labels: z.array(z.array(label)) }),
])

/** What a model answered, in the one form that is hashed into the receipt. */
export type Answer = z.infer<typeof schema>

/** keccak256 of the canonical JSON. */
export const hash = (answer: Answer): Hex => hashJson(answer)

export const parse = (json: unknown): Answer => parseWith(schema, json, 'answer')

/** Whether nothing was answered, so nothing may be charged. */
export function isEmpty(answer: Answer): boolean {
  if (answer.kind === 'text') return answer.text === ''
  return (answer.kind === 'embeddings' ? answer.vectors : answer.labels).length === 0
}
