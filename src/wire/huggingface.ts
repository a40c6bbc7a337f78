import { z } from 'zod'
import { BadInput, EngineRequest, Struct } from '../core/index.ts'
import { UnsupportedParameter } from './openai.ts'

/**
 * Hugging Face's task API as it is spoken at `/models/{namespace}/{name}`: `{inputs, parameters, stream}` or, for a
 * picture, its bytes. What is not offered is refused by name, never ignored.
 * Source: https://huggingface.co/docs/inference-providers/tasks/index
 */

const nullable = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined)

/** One sentence to be compared with others. */
const Comparison = z.strictObject({ source_sentence: z.string(), sentences: z.array(z.string()).min(1).max(255) })

const Body = z.looseObject({
  inputs: z.union([z.string(), z.array(z.string()).min(1).max(256), Comparison]),
  parameters: nullable(z.record(z.string(), z.unknown())),
  stream: nullable(z.boolean()),
})

const stops = nullable(z.array(z.string().min(1)).max(4))
const Generation = z.object({
  max_new_tokens: nullable(z.int().min(1)),
  temperature: nullable(z.number().min(0).max(2)),
  top_p: nullable(z.number().gt(0).max(1)),
  do_sample: nullable(z.boolean()),
  seed: nullable(
    z
      .int()
      .min(0)
      .max(2 ** 32 - 1),
  ),
  stop: stops,
  stop_sequences: stops,
  return_full_text: nullable(z.boolean()),
  details: nullable(z.boolean()),
})
const Classification = z.object({ top_k: nullable(z.int().min(1).max(1000)) })
const Extraction = z.object({})

/** Parameters that change nothing with these values. `null` never does. */
const harmless: Record<string, readonly unknown[]> = {
  ...{ best_of: [1], decoder_input_details: [false], watermark: [false], repetition_penalty: [1], typical_p: [1] },
  ...{ frequency_penalty: [0], top_k: [0], top_n_tokens: [0], truncate: [false] },
}

/** What `options` and the body may say besides; answers are never cached and always waited for. */
const bodyFields = new Set(['inputs', 'parameters', 'stream', 'options', 'model'])

/** A request of this API: what the engine is asked, and how the answer is to be shaped. */
export type HfRequest = {
  request: EngineRequest.EngineRequest
  stream: boolean
  /** Text generation: put the prompt before the answer. */
  returnFullText: boolean
  details: boolean
  /** Embeddings: answer how close the first text is to each of the others. */
  similarity: boolean
}

/** What generation writes when nothing is said. */
const defaultNewTokens = 20

/** Reads one request for a model of this task. Throws `UnsupportedParameter` or `BadInput` naming the field. */
export function parseHf(task: EngineRequest.Task, body: unknown): HfRequest {
  if (body instanceof Uint8Array) return plain(fromBytes(task, body))
  const { inputs, parameters = {}, stream } = readBody(body)
  if (typeof inputs === 'object' && !Array.isArray(inputs)) return comparison(task, inputs, parameters)
  if (task === 'text-generation') return generation(inputs, parameters, stream ?? false)
  if (stream) throw new UnsupportedParameter('stream')
  const list = typeof inputs === 'string' ? [inputs] : inputs
  if (task === 'feature-extraction') {
    read(Extraction, parameters)
    return plain({ task, inputs: list })
  }
  const { top_k: topK } = read(Classification, parameters)
  const top = topK === undefined ? {} : { topK }
  return plain(task === 'image-classification' ? { task, images: list, ...top } : { task, inputs: list, ...top })
}

const plain = (request: unknown): HfRequest => ({
  request: EngineRequest.parse(request),
  ...{ stream: false, returnFullText: false, details: false, similarity: false },
})

function comparison(
  task: EngineRequest.Task,
  { source_sentence, sentences }: z.output<typeof Comparison>,
  parameters: Record<string, unknown>,
): HfRequest {
  if (task !== 'feature-extraction') {
    throw new BadInput('This model does not compare sentences.', {
      code: 'bad_body',
      hint: 'Send {"inputs": "…"}, or ask a model whose task is feature-extraction.',
    })
  }
  read(Extraction, parameters)
  return { ...plain({ task, inputs: [source_sentence, ...sentences] }), similarity: true }
}

function readBody(body: unknown) {
  const parsed = Struct.parseWith(Body, body, 'inference request')
  for (const [name, value] of Object.entries(parsed)) {
    if (!bodyFields.has(name) && value !== null && value !== undefined) throw new UnsupportedParameter(name)
  }
  return parsed
}

function fromBytes(task: EngineRequest.Task, bytes: Uint8Array): unknown {
  if (task !== 'image-classification') {
    throw new BadInput('This model takes JSON, not bytes.', {
      code: 'bad_body',
      hint: 'Send {"inputs": "…"} with content-type application/json.',
    })
  }
  return { task, images: [Buffer.from(bytes).toString('base64')] }
}

function generation(inputs: string | string[], parameters: Record<string, unknown>, stream: boolean): HfRequest {
  const given = read(Generation, parameters)
  const prompt = typeof inputs === 'string' ? inputs : inputs[0]
  if (typeof inputs !== 'string' && inputs.length !== 1) throw new UnsupportedParameter('inputs')
  const request = EngineRequest.parse({
    ...{ task: 'text-generation', prompt, maxTokens: given.max_new_tokens ?? defaultNewTokens },
    temperature: given.temperature ?? (given.do_sample ? 1 : 0),
    topP: given.top_p ?? 1,
    ...(given.seed === undefined ? {} : { seed: given.seed }),
    stop: [...(given.stop ?? []), ...(given.stop_sequences ?? [])],
  })
  const { return_full_text: returnFullText = false, details = false } = given
  return { request, stream, returnFullText, details, similarity: false }
}

function read<S extends z.ZodObject>(schema: S, parameters: Record<string, unknown>): z.output<S> {
  for (const [name, value] of Object.entries(parameters)) {
    if (Object.hasOwn(schema.shape, name) || value === null) continue
    if (!(Object.hasOwn(harmless, name) && harmless[name]?.includes(value))) throw new UnsupportedParameter(name)
  }
  return Struct.parseWith(schema as unknown as z.ZodType<z.output<S>>, parameters, 'parameters')
}
