import { z } from 'zod'

/**
 * What is said to Xet clients (hf_xet, @huggingface/hub) by the hub and its content-addressed store.
 * Source: https://huggingface.co/docs/xet/api and the xet-core repository's openapi/cas.openapi.yaml
 */

const hash = z.string().regex(/^[0-9a-f]{64}$/)

/** Where the store is and the right to use it until `exp` (Unix seconds). */
export const Token = z.object({ casUrl: z.url(), accessToken: z.string(), exp: z.int() })
export type Token = z.infer<typeof Token>

/** Chunk numbers exclude `end`; byte ranges include it. */
export const Range = z.object({ start: z.int().min(0), end: z.int().min(0) })
export type Range = z.infer<typeof Range>

export const Term = z.object({ hash, unpacked_length: z.int().min(0), range: Range })
export type Term = z.infer<typeof Term>

const common = { offset_into_first_range: z.int().min(0), terms: z.array(Term) }

export const ReconstructionV1 = z.object({
  ...common,
  fetch_info: z.record(hash, z.array(z.object({ range: Range, url: z.url(), url_range: Range }))),
})
export type ReconstructionV1 = z.infer<typeof ReconstructionV1>

export const ReconstructionV2 = z.object({
  ...common,
  xorbs: z.record(
    hash,
    z.array(z.object({ url: z.url(), ranges: z.array(z.object({ chunks: Range, bytes: Range })) })),
  ),
})
export type ReconstructionV2 = z.infer<typeof ReconstructionV2>

export const XorbUploaded = z.object({ was_inserted: z.boolean() })
export type XorbUploaded = z.infer<typeof XorbUploaded>

/** 0: nothing new, 1: registered. */
export const ShardUploaded = z.object({ result: z.literal([0, 1]) })
export type ShardUploaded = z.infer<typeof ShardUploaded>

/** One line of the answer to a shard upload (version 2); `result` and `error` end it. */
export const ShardEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('validating'), verified: z.int().min(0), total: z.int().min(0) }),
  z.object({ type: z.literal('committing'), stage: z.enum(['uploading', 'syncing']) }),
  z.object({ type: z.literal('result') }),
  z.object({ type: z.literal('error'), message: z.string(), retryable: z.boolean() }),
])
export type ShardEvent = z.infer<typeof ShardEvent>
