import { type Digests, startDigester } from '../../lib/digest.ts'
import * as idb from '../idb.ts'

/** A file that was hashed before and has not changed since. */
type Known = Digests & { modified: number }

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
    const digester = startDigester()
    const stop = () => digester.end(signal.reason)
    signal.addEventListener('abort', stop)
    try {
      signal.throwIfAborted()
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const { path, file } = next
        const digests = await digester.digest(file, (doneBytes) => onBytes(path, doneBytes))
        results.set(path, digests)
        known.delete(path)
        known.set(path, { ...digests, modified: file.lastModified })
        // Kept at once: a reload goes on from here.
        await idb.put(cacheKey, [...known].slice(-cached))
      }
    } finally {
      signal.removeEventListener('abort', stop)
      digester.end()
    }
  }
  await Promise.all(Array.from({ length: Math.min(workers, waiting.length) }, work))
  return results
}
