import { createHash } from 'node:crypto'
import type { Blob, Repo } from '../../catalog/index.ts'
import { NotFound } from '../../core/index.ts'
import type { Store } from '../../store/index.ts'
import * as Gguf from './Gguf.ts'
import { HeaderRefused, type ReadRange } from './HeaderReader.ts'
import * as Onnx from './Onnx.ts'
import * as Safetensors from './Safetensors.ts'

export type File = { path: string; blob: Blob.Blob }
export type Facts = Pick<Repo.Repo['facts'], 'safetensors' | 'gguf' | 'onnx' | 'weights'>

/** Shards of one model whose headers are read, and the bytes and time that reading may take. */
const maxShards = 512
const maxSafetensorsBytes = 64 * 2 ** 20
const maxMs = 2_000

/** What is known without reading anything: there are no weights, or they are those of `before`; undefined otherwise. */
export const known = (files: readonly File[], before: Facts): Facts | undefined => {
  const weights = digestOf(Object.values(choose(files)).flat())
  if (weights === undefined) return {}
  if (weights !== before.weights) return undefined
  const { safetensors, gguf, onnx } = before
  return { weights, ...(safetensors && { safetensors }), ...(gguf && { gguf }), ...(onnx && { onnx }) }
}

/**
 * What the headers of the weights say, as far as it is certain: files that are broken, too large to read at once or
 * not there give no facts.
 */
export const read = async (store: Store, files: readonly File[]): Promise<Facts> => {
  const chosen = choose(files)
  const weights = digestOf(Object.values(chosen).flat())
  if (weights === undefined) return {}
  const deadline = performance.now() + maxMs
  return {
    weights,
    ...named('safetensors', await attempt(() => safetensorsOf(store, chosen, deadline))),
    ...named('gguf', await attempt(() => ggufOf(store, chosen.gguf, deadline))),
    ...named('onnx', await attempt(() => onnxOf(store, chosen.onnx, deadline))),
  }
}

const named = <N extends string, T>(name: N, value: T | undefined): { [K in N]?: T } =>
  (value === undefined ? {} : { [name]: value }) as { [K in N]?: T }

/** A file that says nothing certain, or that the store has lost, says nothing. */
const attempt = async <T>(work: () => Promise<T | undefined>): Promise<T | undefined> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof HeaderRefused || error instanceof NotFound) return undefined
    throw error
  }
}

type Chosen = { index: File[]; safetensors: File[]; gguf: File[]; onnx: File[] }

const indexName = 'model.safetensors.index.json'

const choose = (files: readonly File[]): Chosen => {
  const at = (path: string) => files.filter((file) => file.path === path)
  const root = files.filter(({ path }) => path.endsWith('.safetensors') && !path.includes('/'))
  const single = [at('model.safetensors'), at('adapter_model.safetensors')].find((found) => found.length > 0)
  const index = at(indexName)
  return {
    index,
    safetensors: index.length > 0 ? root : (single ?? (root.length === 1 ? root : [])),
    gguf: ggufFiles(files),
    onnx: onnxFile(files),
  }
}

/** The first model, with all its shards; projectors and calibration data are no models. */
const ggufFiles = (files: readonly File[]): File[] => {
  const all = files.filter(({ path }) => path.endsWith('.gguf') && !/mmproj|imatrix/i.test(path))
  const first = all[0]
  const [, stem, , count] = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/.exec(first?.path ?? '') ?? []
  if (first === undefined || stem === undefined) return first ? [first] : []
  const shards = all.filter(({ path }) => path.startsWith(`${stem}-`) && path.endsWith(`-of-${count}.gguf`))
  return shards.length === Number(count) ? shards : []
}

const onnxFile = (files: readonly File[]): File[] => {
  const all = files.filter(({ path }) => path.endsWith('.onnx'))
  const first = all.find(({ path }) => path === 'model.onnx' || path === 'onnx/model.onnx') ?? all[0]
  return first ? [first] : []
}

const digestOf = (files: File[]): string | undefined => {
  if (files.length === 0) return undefined
  const hash = createHash('sha256')
  for (const { path, blob } of files) hash.update(`${path}\0${blob.sha256}\n`)
  return hash.digest('hex').slice(0, 32)
}

const safetensorsOf = async (store: Store, { index, safetensors }: Chosen, deadline: number) => {
  const shards = index[0] ? await indexed(store, index[0], safetensors) : safetensors
  if (shards.length === 0) return undefined
  assertFew(shards)
  const parts: Safetensors.Safetensors[] = []
  let left = maxSafetensorsBytes
  for (const { blob } of shards) {
    const count = (bytes: number) => {
      assertInTime(deadline)
      left -= bytes
      if (left < 0) throw new HeaderRefused('and its shards have headers that are too large')
    }
    parts.push(await Safetensors.parse(rangeOf(store, blob, count), blob.size))
  }
  return Safetensors.sum(parts)
}

const indexed = async (store: Store, index: File, files: File[]): Promise<File[]> => {
  if (index.blob.size > Safetensors.maxHeaderBytes) throw new HeaderRefused('is an index that is too large')
  const wanted = Safetensors.shardsOf(await rangeOf(store, index.blob)(0, index.blob.size))
  const known = new Map(files.map((file) => [file.path, file]))
  return wanted.map((name) => {
    const file = known.get(name)
    if (!file) throw new HeaderRefused('names shards that are not there')
    return file
  })
}

const ggufOf = async (store: Store, shards: File[], deadline: number): Promise<Gguf.Gguf | undefined> => {
  const [first] = shards
  if (!first) return undefined
  assertFew(shards)
  const parse = ({ blob }: File) =>
    Gguf.parse(
      rangeOf(store, blob, () => assertInTime(deadline)),
      blob.size,
    )
  const found = await parse(first)
  for (const shard of shards.slice(1)) found.total += (await parse(shard)).total
  return found
}

const onnxOf = async (store: Store, [file]: File[], deadline: number): Promise<Onnx.Onnx | undefined> =>
  file &&
  Onnx.parse(
    rangeOf(store, file.blob, () => assertInTime(deadline)),
    file.blob.size,
  )

const assertFew = (shards: File[]): void => {
  if (shards.length > maxShards) throw new HeaderRefused('has too many shards')
}

const assertInTime = (deadline: number): void => {
  if (performance.now() > deadline) throw new HeaderRefused('takes too long to read')
}

/** Reads pieces of a stored file; `count` is told how many bytes, before they are read, and may throw. */
export const rangeOf =
  (store: Store, { cid }: Blob.Blob, count: (bytes: number) => void = () => undefined): ReadRange =>
  async (start, end) => {
    count(end - start)
    const parts: Uint8Array[] = []
    if (end > start) for await (const part of await store.open(cid, { start, end })) parts.push(part)
    return Buffer.concat(parts)
  }
