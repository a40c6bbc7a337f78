import { env, type PipelineType, pipeline, RawImage, TextStreamer } from '@huggingface/transformers'
import type { Answer, EngineRequest } from 'dehug/core'
import { keepLoaded } from '../../lib/kept-files.ts'
import { checkedFetch, promise } from './checked-fetch.ts'
import type { Job, Told } from './messages.ts'

let note = (_: string) => {}

env.allowLocalModels = false
env.useBrowserCache = false
env.useWasmCache = false
env.remoteHost = `${self.location.origin}/`
env.fetch = checkedFetch(() => note) as typeof fetch
const { wasm } = env.backends.onnx
const wasmPaths = {
  mjs: `/engine/ort/ort-wasm-simd-threaded.asyncify.mjs?v=${env.version}`,
  wasm: `/engine/ort/ort-wasm-simd-threaded.asyncify.wasm?v=${env.version}`,
}
if (wasm) {
  wasm.numThreads = 1
  wasm.wasmPaths = wasmPaths
}

/** One task of transformers.js; its types are too wide to be of help here. */
// biome-ignore lint/suspicious/noExplicitAny: each task has its own signature
type Pipe = ((...input: any[]) => Promise<any>) & { tokenizer: any; dispose(): Promise<void> }

let loaded: { key: string; pipe: Promise<Pipe> } | undefined

/** Keeps one model in memory. */
async function pipeOf({ model, commit, files, request }: Job): Promise<Pipe> {
  const key = `${request.task} ${model} ${commit}`
  if (loaded?.key === key) return loaded.pipe
  await loaded?.pipe.then((pipe) => pipe.dispose()).catch(() => undefined)
  promise(model, commit, files)
  const small = files.some(({ path }) => path === 'onnx/model_quantized.onnx')
  const options = { revision: commit, device: 'wasm', dtype: small ? 'q8' : 'fp32' } as const
  const pipe = pipeline(request.task as PipelineType, model, options) as unknown as Promise<Pipe>
  loaded = { key, pipe }
  pipe.catch(() => {
    loaded = undefined
  })
  return pipe
}

async function answer(job: Job, onText: (text: string) => void): Promise<Answer.Answer> {
  const pipe = await pipeOf(job)
  note('')
  const { request } = job
  if (request.task === 'text-generation') return generate(pipe, request, onText)
  if (request.task === 'feature-extraction') return embed(pipe, request.inputs)
  const inputs =
    request.task === 'image-classification'
      ? await Promise.all(request.images.map((image) => RawImage.fromBlob(new Blob([bytesOf(image)]))))
      : request.inputs
  const found = await Promise.all(inputs.map((input) => pipe(input, { top_k: request.topK ?? 5 })))
  return { kind: 'labels', labels: found }
}

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))

async function generate(
  pipe: Pipe,
  request: Extract<EngineRequest.EngineRequest, { task: 'text-generation' }>,
  onText: (text: string) => void,
): Promise<Answer.Answer> {
  let text = ''
  let tokens = 0
  const streamer = new TextStreamer(pipe.tokenizer, {
    skip_prompt: true,
    skip_special_tokens: true,
    callback_function: (piece) => {
      text += piece
      onText(piece)
    },
    token_callback_function: () => {
      tokens += 1
    },
  })
  const { temperature, topP, maxTokens } = request
  const sampling = temperature > 0 ? { do_sample: true, temperature, top_p: topP } : { do_sample: false }
  await pipe(request.messages ?? request.prompt, { max_new_tokens: maxTokens, ...sampling, streamer })
  return { kind: 'text', text, finishReason: tokens >= maxTokens ? 'length' : 'stop' }
}

async function embed(pipe: Pipe, inputs: string[]): Promise<Answer.Answer> {
  const { data, dims } = (await pipe(inputs, { pooling: 'mean', normalize: true })) as {
    data: Float32Array
    dims: number[]
  }
  const width = dims.at(-1) as number
  const vectors = inputs.map((_, i) => base64Of(data.slice(i * width, (i + 1) * width)))
  return { kind: 'embeddings', vectors }
}

const base64Of = (numbers: Float32Array) =>
  btoa(Array.from(new Uint8Array(numbers.buffer), (byte) => String.fromCharCode(byte)).join(''))

/** Runs one job; what it has to say on the way goes to `tell`. */
export async function perform(job: Job, tell: (told: Told) => void): Promise<void> {
  const { id } = job
  note = (text) => tell({ id, kind: 'note', note: text })
  tell({ id, kind: 'answer', answer: await answer(job, (text) => tell({ id, kind: 'text', text })) })
}

/** Keeps what the engine is made of. */
export const keep = (): Promise<void> => keepLoaded([wasmPaths.wasm])
