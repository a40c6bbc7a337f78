import { Pickle } from 'dehug/core'
import type { Picked } from './Picked.ts'

/** What the files say about themselves. */
export type Detected = {
  type: 'model' | 'dataset'
  task: string | undefined
  library: string | undefined
  /** As a manifest has it. */
  tensors: { params: number; dtypes: Record<string, number>; architecture?: string; context?: number } | undefined
  /** Files that run code when they are loaded. */
  unsafe: string[]
}

const maxHeaderBytes = 64 * 2 ** 20
const maxConfigBytes = 2 ** 20

const tasks: [RegExp, string][] = [
  [/ForCausalLM$/, 'text-generation'],
  [/For(Seq2SeqLM|ConditionalGeneration)$/, 'text2text-generation'],
  [/ForSequenceClassification$/, 'text-classification'],
  [/ForTokenClassification$/, 'token-classification'],
  [/ForQuestionAnswering$/, 'question-answering'],
  [/ForMaskedLM$/, 'fill-mask'],
  [/ForImageClassification$/, 'image-classification'],
  [/ForObjectDetection$/, 'object-detection'],
  [/(ForCTC|Whisper)/, 'automatic-speech-recognition'],
]

/** Reads headers and small JSON files; weights are not read. What cannot be read says nothing. */
export const detect = async (files: Picked[]): Promise<Detected> => {
  const dtypes: Record<string, number> = {}
  for (const { path, file } of files) {
    if (path.endsWith('.safetensors')) await addDtypes(file, dtypes).catch(() => undefined)
  }
  const config = await configOf(files)
  const architecture = Array.isArray(config.architectures) ? String(config.architectures[0]) : undefined
  const context = config.max_position_embeddings ?? config.n_positions
  const params = Object.values(dtypes).reduce((sum, count) => sum + count, 0)
  const has = (pattern: RegExp) => files.some(({ path }) => pattern.test(path))
  const weights = has(/\.(safetensors|onnx|gguf|bin|pt|pth|ckpt|h5|tflite)$/)
  const sentence = has(/(^|\/)modules\.json$/)
  const known = params > 0 || architecture !== undefined
  return {
    type: !weights && has(/\.(parquet|csv|jsonl|arrow|tsv)$/) ? 'dataset' : 'model',
    task: sentence ? 'sentence-similarity' : tasks.find(([pattern]) => pattern.test(architecture ?? ''))?.[1],
    library: libraryOf(has, sentence),
    tensors: known
      ? {
          ...{ params, dtypes },
          ...(architecture === undefined ? {} : { architecture }),
          ...(Number.isSafeInteger(context) ? { context: context as number } : {}),
        }
      : undefined,
    unsafe: await unsafeOf(files),
  }
}

const libraryOf = (has: (pattern: RegExp) => boolean, sentence: boolean): string | undefined => {
  if (sentence) return 'sentence-transformers'
  if (has(/(^|\/)adapter_config\.json$/)) return 'peft'
  if (has(/(^|\/)model_index\.json$/)) return 'diffusers'
  if (has(/\.gguf$/)) return 'gguf'
  if (has(/\.onnx$/)) return has(/(^|\/)onnx\//) ? 'transformers.js' : 'onnx'
  return has(/(^|\/)config\.json$/) && has(/\.(safetensors|bin)$/) ? 'transformers' : undefined
}

const configOf = async (files: Picked[]): Promise<Record<string, unknown>> => {
  const found = files.find(({ path }) => path === 'config.json')
  if (!found || found.file.size > maxConfigBytes) return {}
  const config: unknown = await found.file.text().then(JSON.parse, () => undefined)
  return typeof config === 'object' && config !== null ? (config as Record<string, unknown>) : {}
}

/** Safetensors: 8 bytes little-endian length, then JSON of tensors with `dtype` and `shape`. */
const addDtypes = async (file: File, dtypes: Record<string, number>): Promise<void> => {
  const length = Number(new DataView(await file.slice(0, 8).arrayBuffer()).getBigUint64(0, true))
  if (length > Math.min(maxHeaderBytes, file.size - 8)) return
  const header = JSON.parse(await file.slice(8, 8 + length).text()) as Record<
    string,
    { dtype?: unknown; shape?: unknown }
  >
  for (const [name, tensor] of Object.entries(header)) {
    if (name === '__metadata__' || typeof tensor.dtype !== 'string' || !Array.isArray(tensor.shape)) continue
    const count = tensor.shape.reduce<number>((product, size) => product * Number(size), 1)
    if (Number.isSafeInteger(count)) dtypes[tensor.dtype] = (dtypes[tensor.dtype] ?? 0) + count
  }
}

const unsafeOf = async (files: Picked[]): Promise<string[]> => {
  const unsafe: string[] = []
  for (const { path, file } of files) {
    const head = new Uint8Array(await file.slice(0, Pickle.sampleBytes).arrayBuffer())
    if (Pickle.detect(path, head)) unsafe.push(path)
  }
  return unsafe
}
