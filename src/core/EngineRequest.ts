import { z } from 'zod'
import { parseWith } from './Struct.ts'

const inputs = z.array(z.string().max(1_000_000)).min(1).max(256)

const sampling = {
  maxTokens: z.int().min(1).max(1_000_000),
  temperature: z.number().min(0).max(2).default(0),
  topP: z.number().gt(0).max(1).default(1),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .optional(),
  stop: z.array(z.string().min(1).max(256)).max(4).default([]),
}

const message = z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: z.string().max(1_000_000) })

export const schema = z.discriminatedUnion('task', [
  z
    .strictObject({
      task: z.literal('text-generation'),
      messages: z.array(message).min(1).max(1024).optional(),
      prompt: z.string().max(1_000_000).optional(),
      ...sampling,
    })
    .refine((request) => (request.messages === undefined) !== (request.prompt === undefined), {
      message: 'give either messages or a prompt',
    }),
  z.strictObject({ task: z.literal('feature-extraction'), inputs }),
  z.strictObject({ task: z.literal('text-classification'), inputs, topK: z.int().min(1).max(1000).optional() }),
  z.strictObject({
    task: z.literal('image-classification'),
    /** PNG or JPEG files as base64. */
    images: z
      .array(z.base64().max(32 * 1024 * 1024))
      .min(1)
      .max(16),
    topK: z.int().min(1).max(1000).optional(),
  }),
])

/** What a model is asked, in the one form that is hashed into the job's context. */
export type EngineRequest = z.infer<typeof schema>

export type Task = EngineRequest['task']

export const tasks = ['text-generation', 'feature-extraction', 'text-classification', 'image-classification'] as const

export const parse = (json: unknown): EngineRequest => parseWith(schema, json, 'request')
