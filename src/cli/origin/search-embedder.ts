import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Embedder } from '../../catalog/index.ts'
import { Fault, NotAuthenticated, NotFound, Unavailable, Version } from '../../core/index.ts'
import { Engine, EnginePool, ModelRefused } from '../../engine/index.ts'
import { Client } from '../../sdk/index.ts'

export type SearchModel = {
  /** `namespace/name[@version]`, fetched from `endpoint` and checked against the chain, or the path of a folder. */
  model: string
  endpoint: string
  rpcUrl: string | undefined
  /** Where a fetched model is kept. */
  folder: string
  /** Wait before the model is looked for again. Default 5 s. */
  retryMs?: number
  onError: (error: unknown) => void
}

const memoryBytes = 2 * 2 ** 30
/** After so long without a search by meaning the model is unloaded; loading a small one takes half a second. */
const idleMs = 120_000

/**
 * A sentence-embedding model in the sandboxed engine, for search by meaning. It may be published later than this starts:
 * until it is there the embedder is not ready.
 */
export function searchEmbedder(options: SearchModel): Embedder & AsyncDisposable {
  const stop = new AbortController()
  let found: { dir: string; name: string } | undefined
  const pool = new EnginePool({
    start: (dir) => Engine.start({ dir, task: 'feature-extraction', limits: { memoryBytes } }),
    memoryBytes: () => memoryBytes,
    maxEngines: 1,
    maxMemoryBytes: memoryBytes,
    idleMs,
  })
  const searching = (async () => {
    found = await whenThere(options, stop.signal)
  })().catch((error) => stop.signal.aborted || options.onError(error))
  return {
    get model() {
      return found?.name ?? options.model
    },
    isReady: () => found !== undefined,
    embed: async (inputs) => {
      if (!found) throw new NoSearchModel(options.model)
      const { answer } = await pool.run(found.dir, { task: 'feature-extraction', inputs }).catch((error) => {
        if (!(error instanceof ModelRefused)) throw error
        found = undefined
        options.onError(error)
        throw new NoSearchModel(options.model)
      })
      if (answer.kind !== 'embeddings')
        throw new Fault(`${options.model} gave no embeddings.`, { code: 'no_embeddings' })
      return answer.vectors.map(numbersOf)
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await Promise.all([searching, pool.close()])
    },
  }
}

/** Float32, little-endian. */
const numbersOf = (base64: string): Float32Array => {
  const bytes = Buffer.from(base64, 'base64')
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i))
}

async function whenThere(options: SearchModel, signal: AbortSignal): Promise<{ dir: string; name: string }> {
  if (/^[./]/.test(options.model)) return folderOf(options.model)
  for (let told = ''; ; ) {
    try {
      return await fetchModel(options, signal)
    } catch (error) {
      // That it is not published yet is no failure (401 without a token); others are told once.
      const isMissing = error instanceof NotFound || error instanceof NotAuthenticated
      if (!isMissing && String(error) !== told) options.onError(error)
      told = String(error)
    }
    await delay(options.retryMs ?? 5_000, undefined, { signal, ref: false })
  }
}

async function fetchModel(
  { model, endpoint, rpcUrl, folder }: SearchModel,
  signal: AbortSignal,
): Promise<{ dir: string; name: string }> {
  const client = Client.from({ endpoint, rpcUrl })
  const pulled = await client.pull({ version: Version.parse(model), folder, count: false, signal })
  return { dir: pulled.folder, name: `${pulled.repo.replace(/^model:/, '')}@${pulled.root}` }
}

/** Vectors are made anew when the weights are other ones. */
async function folderOf(path: string): Promise<{ dir: string; name: string }> {
  const dir = resolve(path)
  const { mtimeMs } = await stat(join(dir, 'onnx'))
  return { dir, name: `${dir}@${Math.floor(mtimeMs)}` }
}

/** The model that search compares meanings with is not there yet. */
export class NoSearchModel extends Unavailable {
  constructor(model: string) {
    super(`${model} is not here yet, so meanings cannot be compared.`, { code: 'no_search_model', retryable: true })
  }
}
