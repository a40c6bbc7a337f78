import { lstat, readdir, readFile, realpath } from 'node:fs/promises'
import path from 'node:path'
import type { EngineRequest } from '../core/index.ts'
import { EngineOutOfMemory, ModelRefused } from './errors.ts'

type Task = EngineRequest.Task

/** How token vectors become one vector. */
export type Pooling = 'mean' | 'cls' | 'last'

/** What is known of a model folder before anything in it is run. */
export type ModelDir = { dir: string; task: Task; dtype: Dtype; pooling: Pooling }

/** Names of transformers.js for the weights, in the order they are preferred, with the file each stands for. */
const weightFiles = {
  fp32: 'model.onnx',
  fp16: 'model_fp16.onnx',
  q8: 'model_quantized.onnx',
  int8: 'model_int8.onnx',
  uint8: 'model_uint8.onnx',
  q4: 'model_q4.onnx',
  q4f16: 'model_q4f16.onnx',
  bnb4: 'model_bnb4.onnx',
} as const

export type Dtype = keyof typeof weightFiles

const maxConfigBytes = 4 * 1024 * 1024

/**
 * Reads a folder laid out as on Hugging Face (`config.json`, `onnx/*.onnx`, tokenizer or preprocessor JSON).
 * Only ONNX weights are ever loaded. Throws `ModelRefused`, or `EngineOutOfMemory` where the weights alone are too large.
 */
export async function inspect(
  dir: string,
  options: { task?: Task | undefined; dtype?: Dtype | undefined; memoryBytes: number },
): Promise<ModelDir> {
  const root = await realpath(dir).catch(() => {
    throw new ModelRefused(`There is no folder ${dir}.`)
  })
  const sizes = await filesIn(root)
  const config = await readJson(root, 'config.json', sizes)
  if (!config) throw new ModelRefused(`${dir} has no config.json, so what it is cannot be told.`)
  const task = options.task ?? taskOf(config, dir)
  const needed = task === 'image-classification' ? 'preprocessor_config.json' : 'tokenizer.json'
  if (!sizes.has(needed)) throw new ModelRefused(`${dir} has no ${needed}, which ${task} needs.`)
  const dtype = chooseDtype(sizes, options.dtype, dir)
  assertFits(sizes, dtype, options.memoryBytes)
  return { dir: root, task, dtype, pooling: await poolingOf(root, sizes) }
}

/**
 * For a sandbox with a user of its own. Throws `ModelRefused` naming the first folder on the way to the model, or the
 * model's own folder, that other users cannot read.
 */
export async function assertReadableByOthers(dir: string): Promise<void> {
  const parts = dir.split(path.sep)
  for (let length = 2; length <= parts.length; length += 1) {
    const folder = parts.slice(0, length).join(path.sep)
    const needed = length === parts.length ? 0o5 : 0o1
    if (((await lstat(folder)).mode & needed) === needed) continue
    throw new ModelRefused(
      `The user that the model would run as cannot read ${folder}.`,
      `Install bubblewrap, or let others in: chmod o+${needed === 0o5 ? 'rx' : 'x'} ${folder}`,
    )
  }
}

/** Sizes by path inside the folder, `/` between parts. Links that lead out of the folder are refused. */
async function filesIn(root: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>()
  const entries = await readdir(root, { recursive: true })
  if (entries.length > 10_000)
    throw new ModelRefused(`${root} holds ${entries.length} entries; at most 10000 are read.`)
  for (const entry of entries) {
    const target = await realpath(path.join(root, entry)).catch(() => '')
    if (!target.startsWith(root + path.sep)) {
      throw new ModelRefused(
        `${entry} is a link that leads out of the model's folder.`,
        'Replace it by the file itself.',
      )
    }
    const found = await lstat(target)
    if (found.isFile()) sizes.set(entry.split(path.sep).join('/'), found.size)
    else if (!found.isDirectory()) throw new ModelRefused(`${entry} is neither a file nor a folder.`)
  }
  return sizes
}

type Config = Record<string, unknown>

async function readJson(root: string, name: string, sizes: Map<string, number>): Promise<Config | undefined> {
  const size = sizes.get(name)
  if (size === undefined) return undefined
  if (size > maxConfigBytes) throw new ModelRefused(`${name} has ${size} bytes; at most ${maxConfigBytes} are read.`)
  try {
    const parsed = JSON.parse(await readFile(path.join(root, name), 'utf8'))
    if (typeof parsed === 'object' && parsed !== null) return parsed
  } catch {}
  throw new ModelRefused(`${name} is not a JSON document.`)
}

const taskBySuffix: [suffix: string, task: Task][] = [
  ['ForCausalLM', 'text-generation'],
  ['LMHeadModel', 'text-generation'],
  ['ForSequenceClassification', 'text-classification'],
  ['ForImageClassification', 'image-classification'],
  ['Model', 'feature-extraction'],
]

function taskOf(config: Config, dir: string): Task {
  const names = Array.isArray(config.architectures) ? config.architectures.map(String) : []
  for (const [suffix, task] of taskBySuffix) if (names.some((name) => name.endsWith(suffix))) return task
  throw new ModelRefused(
    `${dir} is a ${names.join(', ').slice(0, 200) || 'model of unknown architecture'}, which is not served here.`,
    'Served are text generation, embeddings, text and image classification.',
  )
}

function chooseDtype(sizes: Map<string, number>, wanted: Dtype | undefined, dir: string): Dtype {
  const there = (Object.keys(weightFiles) as Dtype[]).filter((dtype) => sizes.has(`onnx/${weightFiles[dtype]}`))
  const chosen = wanted === undefined ? there[0] : there.find((dtype) => dtype === wanted)
  if (chosen) return chosen
  const file =
    wanted === undefined ? 'ONNX weights (onnx/model.onnx or onnx/model_quantized.onnx)' : weightFiles[wanted]
  throw new ModelRefused(
    `${dir} has no ${file}.`,
    'Export it, e.g. with "optimum-cli export onnx"; other formats are not loaded.',
  )
}

function assertFits(sizes: Map<string, number>, dtype: Dtype, memoryBytes: number): void {
  const file = `onnx/${weightFiles[dtype]}`
  const total = [...sizes].reduce((sum, [name, size]) => (name.startsWith(file) ? sum + size : sum), 0)
  if (total > memoryBytes) {
    throw new EngineOutOfMemory(
      `The weights ${file} have ${total} bytes, more than the ${memoryBytes} allowed.`,
      memoryBytes,
    )
  }
}

/** As sentence-transformers declares it in `1_Pooling/config.json`; mean otherwise. */
async function poolingOf(root: string, sizes: Map<string, number>): Promise<Pooling> {
  const config = await readJson(root, '1_Pooling/config.json', sizes)
  if (config?.pooling_mode_cls_token === true) return 'cls'
  if (config?.pooling_mode_lasttoken === true) return 'last'
  return 'mean'
}
