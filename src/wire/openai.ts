import { z } from 'zod'
import { BadInput, Struct } from '../core/index.ts'

/**
 * The OpenAI API as it is spoken at `/v1`: request bodies, and the shapes of the answers.
 * What is not offered is refused by name, never ignored.
 * Source: https://platform.openai.com/docs/api-reference
 */

const nullable = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined)

const textPart = z.object({ type: z.literal('text'), text: z.string() })
const content = z.union([z.string(), z.array(textPart).transform((parts) => parts.map((part) => part.text).join(''))])
const none = z.union([z.null(), z.array(z.unknown()).length(0)]).optional()

/** One message; `developer` is today's name of `system`. Empty fields that clients echo from answers are allowed. */
export const ChatMessage = z
  .strictObject({
    role: z.enum(['system', 'developer', 'user', 'assistant']),
    content,
    refusal: none,
    tool_calls: none,
    function_call: none,
    audio: none,
    annotations: none,
    reasoning_content: none,
  })
  .transform(({ role, content: text }) => ({ role: role === 'developer' ? ('system' as const) : role, content: text }))

const sampling = {
  model: z.string().min(1).max(300),
  max_tokens: nullable(z.int().min(1)),
  temperature: nullable(z.number().min(0).max(2)),
  top_p: nullable(z.number().gt(0).max(1)),
  stop: nullable(
    z.union([
      z
        .string()
        .min(1)
        .transform((text) => [text]),
      z.array(z.string().min(1)).max(4),
    ]),
  ),
  seed: nullable(
    z
      .int()
      .min(0)
      .max(2 ** 32 - 1),
  ),
  stream: nullable(z.boolean()),
  stream_options: nullable(
    z.strictObject({ include_usage: z.boolean().optional(), include_obfuscation: z.literal(false).optional() }),
  ),
}

/** `POST /v1/chat/completions` */
export const ChatBody = z.object({
  ...sampling,
  messages: z.array(ChatMessage).min(1).max(1024),
  max_completion_tokens: nullable(z.int().min(1)),
})
export type ChatBody = z.output<typeof ChatBody>

/** `POST /v1/completions`: one prompt, as text. */
export const CompletionBody = z.object({
  ...sampling,
  prompt: z.union([
    z.string(),
    z
      .array(z.string())
      .length(1)
      .transform((prompts) => prompts[0] as string),
  ]),
})
export type CompletionBody = z.output<typeof CompletionBody>

/** `POST /v1/embeddings`: texts, not token numbers. */
export const EmbeddingBody = z.object({
  model: sampling.model,
  input: z.union([z.string().transform((text) => [text]), z.array(z.string()).min(1).max(256)]),
  encoding_format: z
    .enum(['float', 'base64'])
    .nullish()
    .transform((format) => format ?? 'float'),
})
export type EmbeddingBody = z.output<typeof EmbeddingBody>

/** Whether a value asks for nothing beyond what is done anyway. */
type Harmless = (value: unknown) => boolean

const anything: Harmless = () => true
const only =
  (...values: unknown[]): Harmless =>
  (value) =>
    values.includes(value)
const emptyList: Harmless = (value) => Array.isArray(value) && value.length === 0
const emptyObject: Harmless = (value) => typeof value === 'object' && value !== null && Object.keys(value).length === 0

const common: Record<string, Harmless> = {
  user: anything,
  n: only(1),
  presence_penalty: only(0),
  frequency_penalty: only(0),
  logit_bias: emptyObject,
}

/** Parameters that exist at OpenAI and change nothing here only with these values. `null` is always harmless. */
const refused = {
  chat: {
    ...common,
    metadata: anything,
    safety_identifier: anything,
    prompt_cache_key: anything,
    prompt_cache_retention: anything,
    parallel_tool_calls: anything,
    store: only(false),
    service_tier: only('auto', 'default'),
    logprobs: only(false),
    top_logprobs: only(0),
    tools: emptyList,
    tool_choice: only('none', 'auto'),
    functions: emptyList,
    function_call: only('none', 'auto'),
    response_format: (value) => emptyObject(value) || (value as { type?: unknown }).type === 'text',
    modalities: (value) => Array.isArray(value) && value.length === 1 && value[0] === 'text',
    audio: only(),
    prediction: only(),
    reasoning_effort: only('none'),
    verbosity: only('medium'),
    web_search_options: only(),
  },
  completion: { ...common, best_of: only(1), echo: only(false), logprobs: only(), suffix: only('') },
  embedding: { user: anything, dimensions: only() },
} satisfies Record<string, Record<string, Harmless>>

const bodies = { chat: ChatBody, completion: CompletionBody, embedding: EmbeddingBody }
const names = { chat: 'chat completion', completion: 'completion', embedding: 'embedding request' } as const

type Kind = keyof typeof bodies
type BodyOf = { chat: ChatBody; completion: CompletionBody; embedding: EmbeddingBody }

/** Reads one request body. Throws `UnsupportedParameter`, `UnknownParameter` or `BadInput` naming the field. */
export function parse<K extends Kind>(kind: K, json: unknown): BodyOf[K] {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new BadInput('The body must be a JSON object.', {
      code: 'bad_body',
      hint: 'Send "content-type: application/json".',
    })
  }
  const rules: Record<string, Harmless> = refused[kind]
  const known = bodies[kind].shape
  for (const [name, value] of Object.entries(json)) {
    if (Object.hasOwn(known, name) || value === null) continue
    const harmless = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (!harmless) throw new UnknownParameter(name)
    if (!harmless(value)) throw new UnsupportedParameter(name)
  }
  return Struct.parseWith(bodies[kind] as unknown as z.ZodType<BodyOf[K]>, json, names[kind])
}

export type Usage = { prompt_tokens: number; completion_tokens?: number; total_tokens: number }
export type FinishReason = 'stop' | 'length'

export type ChatCompletion = {
  id: string
  object: 'chat.completion'
  created: number
  model: string
  choices: [
    {
      index: 0
      message: { role: 'assistant'; content: string; refusal: null }
      logprobs: null
      finish_reason: FinishReason
    },
  ]
  usage: Usage
}

export type TextCompletion = {
  id: string
  object: 'text_completion'
  created: number
  model: string
  choices: [{ index: 0; text: string; logprobs: null; finish_reason: FinishReason }]
  usage: Usage
}

export type EmbeddingList = {
  object: 'list'
  data: { object: 'embedding'; index: number; embedding: number[] | string }[]
  model: string
  usage: Usage
}

export type Model = { id: string; object: 'model'; created: number; owned_by: string }

/** The body of every error at `/v1`; `dehug` carries the hint and machine-readable details. */
export type ErrorBody = {
  error: {
    message: string
    type: string
    code: string
    param: string | null
    dehug?: { hint?: string | undefined; retryable: boolean; details?: Record<string, unknown> | undefined }
  }
}

/** A parameter that OpenAI has and this network does not offer. */
export class UnsupportedParameter extends BadInput {
  constructor(param: string) {
    super(`The parameter "${param}" is not supported with this value.`, {
      code: 'unsupported_parameter',
      hint: `Leave "${param}" out.`,
      details: { param },
    })
  }
}

/** A parameter that does not exist. */
export class UnknownParameter extends BadInput {
  constructor(param: string) {
    super(`Unrecognized request argument supplied: ${param.slice(0, 100)}.`, {
      code: 'unknown_parameter',
      hint: 'Check its spelling, or leave it out.',
      details: { param: param.slice(0, 100) },
    })
  }
}
