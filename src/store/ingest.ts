import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { UnixFs } from '../core/index.ts'
import type { HashPool } from './HashPool.ts'
import { readFully, writeFully } from './Layout.ts'
import * as SyncAhead from './SyncAhead.ts'

/** What one pass over a file yields. */
export type Ingested = { size: number; sha256: Uint8Array; leaves: Uint8Array[] }

export type IngestOptions = {
  pool: HashPool
  /** Where the bytes are written, durably; nothing is written without it. */
  to?: FileHandle | undefined
  signal?: AbortSignal | undefined
  /** Called with the number of bytes seen so far; may throw to stop. */
  onBytes?: ((total: number) => void) | undefined
}

/** Reads a source once: chunk digests and whole-file SHA-256 in two threads while the bytes are written. */
export async function ingest(
  source: AsyncIterable<Uint8Array> | Uint8Array,
  options: IngestOptions,
): Promise<Ingested> {
  const pipeline = pipelineOf(options)
  try {
    const collected: Uint8Array[] = []
    let length = 0
    for await (const piece of source instanceof Uint8Array ? [source] : source) {
      for (let at = 0; at < piece.length; ) {
        options.signal?.throwIfAborted()
        const part = piece.subarray(at, at + UnixFs.chunkSize - length)
        collected.push(part)
        length += part.length
        at += part.length
        if (length < UnixFs.chunkSize) continue
        await pipeline.push(collected.splice(0))
        length = 0
      }
      options.onBytes?.(pipeline.size() + length)
      options.signal?.throwIfAborted()
    }
    return await pipeline.finish(collected)
  } catch (error) {
    await pipeline.cancel()
    throw error
  }
}

/** As {@link ingest}, for a file on disk. */
export async function ingestFile(path: string, options: IngestOptions): Promise<Ingested> {
  const file = await open(path, 'r')
  let at = 0
  const fill = async (into: Uint8Array) => {
    const length = await readFully(file, into, at)
    at += length
    return length
  }
  return await ingestBy(fill, options).finally(() => file.close())
}

/** As {@link ingest}, for bytes that are at hand: `fill` writes the next ones, and fewer than fit only at the end. */
export async function ingestBy(fill: (into: Uint8Array) => Promise<number>, options: IngestOptions): Promise<Ingested> {
  const pipeline = pipelineOf(options)
  try {
    for (;;) {
      options.signal?.throwIfAborted()
      const length = await pipeline.read(fill)
      options.onBytes?.(pipeline.size())
      if (length < UnixFs.chunkSize) return await pipeline.finish([])
    }
  } catch (error) {
    await pipeline.cancel()
    throw error
  }
}

/** Chunks go in; each is hashed twice and written at the same time, and its slot is free again after that. */
function pipelineOf({ pool, to }: IngestOptions) {
  const whole = pool.whole()
  const ahead = to && SyncAhead.of(to)
  const leaves: Promise<Uint8Array>[] = []
  const steps = new Set<Promise<unknown>>()
  let size = 0
  let failed: { error: unknown } | undefined

  const track = (step: Promise<unknown>) => {
    const tracked: Promise<unknown> = step
      .catch((error: unknown) => {
        failed ??= { error }
      })
      .finally(() => steps.delete(tracked))
    steps.add(tracked)
  }

  const read = async (fill: (into: Uint8Array) => Promise<number> | number): Promise<number> => {
    if (failed) throw failed.error
    const slot = await pool.acquire()
    let length: number
    try {
      length = await fill(slot.bytes)
    } catch (error) {
      pool.release(slot)
      throw error
    }
    if (length === 0) {
      pool.release(slot)
      return 0
    }
    const leaf = pool.chunk(slot, length)
    leaves.push(leaf)
    const written = to && writeFully(to, slot.bytes.subarray(0, length), size).then(() => ahead?.wrote(length))
    track(
      Promise.allSettled([leaf, whole.update(slot, length), written]).then((all) => {
        pool.release(slot)
        for (const one of all) if (one.status === 'rejected') throw one.reason
      }),
    )
    size += length
    return length
  }

  const push = (pieces: Uint8Array[]) => read((into) => gather(pieces, into))

  return {
    read,
    push,
    size: () => size,
    async finish(rest: Uint8Array[]): Promise<Ingested> {
      if (size === 0) return await small(rest, to)
      await push(rest)
      await Promise.all(steps)
      if (failed) throw failed.error
      await ahead?.rest()
      await to?.datasync()
      return { size, sha256: await whole.digest(), leaves: await Promise.all(leaves) }
    },
    async cancel() {
      await Promise.all(steps)
      await Promise.allSettled([...leaves, ahead?.rest()])
      whole.drop()
    },
  }
}

/** A file of less than one chunk is not worth a thread. */
async function small(pieces: Uint8Array[], to: FileHandle | undefined): Promise<Ingested> {
  const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
  const digest = createHash('sha256').update(bytes).digest()
  if (to) await writeFully(to, bytes, 0)
  await to?.datasync()
  return { size: bytes.length, sha256: digest, leaves: [digest] }
}

function gather(pieces: Uint8Array[], into: Uint8Array): number {
  let at = 0
  for (const piece of pieces) {
    into.set(piece, at)
    at += piece.length
  }
  return at
}
