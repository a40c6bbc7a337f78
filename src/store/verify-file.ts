import { createHash } from 'node:crypto'
import { open, stat } from 'node:fs/promises'
import { Cid, UnixFs } from '../core/index.ts'
import { HashPool } from './HashPool.ts'
import { type Ingested, ingestFile } from './ingest.ts'
import { readFully } from './Layout.ts'
import { ContentMismatch, type Stored } from './Store.ts'

const threadsAbove = 16 << 20

export type DigestOptions = { signal?: AbortSignal | undefined; onBytes?: ((total: number) => void) | undefined }

/** CID, SHA-256 and size of a file on disk in one pass over it, hashing in two threads. */
export async function digestFile(path: string, options: DigestOptions = {}): Promise<Stored> {
  if ((await stat(path)).size <= threadsAbove) return storedOf(await inThisThread(path, options))
  const pool = new HashPool()
  try {
    return storedOf(await ingestFile(path, { pool, ...options }))
  } finally {
    await pool.close()
  }
}

/** For small files two threads would take longer to start than to hash. */
async function inThisThread(path: string, { signal, onBytes }: DigestOptions): Promise<Ingested> {
  const file = await open(path, 'r')
  try {
    const buffer = Buffer.allocUnsafeSlow(UnixFs.chunkSize)
    const whole = createHash('sha256')
    const leaves: Uint8Array[] = []
    for (let size = 0; ; ) {
      signal?.throwIfAborted()
      const chunk = buffer.subarray(0, await readFully(file, buffer, size))
      size += chunk.length
      whole.update(chunk)
      if (chunk.length > 0 || size === 0) leaves.push(createHash('sha256').update(chunk).digest())
      onBytes?.(size)
      if (chunk.length < buffer.length) return { size, sha256: whole.digest(), leaves }
    }
  } finally {
    await file.close()
  }
}

/** Checks that a file on disk is what its CID says, streaming. Throws ContentMismatch. */
export async function verifyFile(path: string, cid: string, options: DigestOptions = {}): Promise<Stored> {
  const stored = await digestFile(path, options)
  if (!Cid.equals(stored.cid, cid)) throw new ContentMismatch('cid', Cid.toString(cid), stored.cid)
  return stored
}

/** What the store calls a file with these digests. */
export function storedOf({ size, sha256, leaves }: Ingested): Stored {
  return { cid: dagOf({ size, leaves }).root, size, sha256: Buffer.from(sha256).toString('hex') }
}

/** The graph of a file of `size` bytes from the digests of its chunks. */
export function dagOf({ size, leaves }: Pick<Ingested, 'size' | 'leaves'>): UnixFs.Dag {
  return UnixFs.fileDag(
    leaves.map((digest, i) => ({ digest, size: Math.min(UnixFs.chunkSize, size - i * UnixFs.chunkSize) })),
  )
}
