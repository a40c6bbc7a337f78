import * as idb from '../idb.ts'
import type { HashAsked, HashTold } from './hash.worker.ts'

export type Digests = { sha256: string; cid: string }

/** A file that was hashed before and has not changed since. */
type Known = Digests & { size: number; modified: number }

const workers = 2
const cacheKey = 'digests'
const cached = 5000

export type Hashing = {
  onBytes: (path: string, doneBytes: number) => void
  signal: AbortSignal
}

/** SHA-256 and CID of files, in workers; what did not change since the last time is not read again. */
export const hashAll = async (
  files: { path: string; file: File }[],
  { onBytes, signal }: Hashing,
): Promise<Map<string, Digests>> => {
  const known = new Map(await idb.get<[string, Known][]>(cacheKey))
  const results = new Map<string, Digests>()
  const waiting = files.filter(({ path, file }) => {
    const before = known.get(path)
    if (before?.size !== file.size || before.modified !== file.lastModified) return true
    results.set(path, before)
    onBytes(path, file.size)
    return false
  })
  const work = async () => {
    const worker = new Worker(new URL('./hash.worker.ts', import.meta.url), { type: 'module' })
    try {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const { path, file } = next
        const digests = await ask(worker, file, signal, (doneBytes) => onBytes(path, doneBytes))
        results.set(path, digests)
        known.delete(path)
        known.set(path, { ...digests, size: file.size, modified: file.lastModified })
        // Kept at once: a reload goes on from here.
        await idb.put(cacheKey, [...known].slice(-cached))
      }
    } finally {
      worker.terminate()
    }
  }
  await Promise.all(Array.from({ length: Math.min(workers, waiting.length) }, work))
  return results
}

const ask = (worker: Worker, blob: Blob, signal: AbortSignal, onBytes: (doneBytes: number) => void): Promise<Digests> =>
  new Promise((done, fail) => {
    const stop = () => fail(signal.reason)
    signal.throwIfAborted()
    signal.addEventListener('abort', stop, { once: true })
    worker.onerror = (event) => fail(new Error(event.message || 'The worker that hashes could not start.'))
    worker.onmessage = ({ data }: MessageEvent<HashTold>) => {
      if ('doneBytes' in data) return onBytes(data.doneBytes)
      signal.removeEventListener('abort', stop)
      if ('problem' in data) fail(new Error(data.problem))
      else done({ sha256: data.sha256, cid: data.cid })
    }
    worker.postMessage({ id: 0, blob } satisfies HashAsked)
  })
