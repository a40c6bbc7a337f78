import { Cid, UnixFs } from '../core/index.ts'
import { HashPool } from './HashPool.ts'
import { type Ingested, ingestFile } from './ingest.ts'
import { ContentMismatch, type Stored } from './Store.ts'

export type DigestOptions = { signal?: AbortSignal | undefined; onBytes?: ((total: number) => void) | undefined }

/** CID, SHA-256 and size of a file on disk in one pass over it, hashing in two threads. */
export async function digestFile(path: string, options: DigestOptions = {}): Promise<Stored> {
  const pool = new HashPool()
  try {
    return storedOf(await ingestFile(path, { pool, ...options }))
  } finally {
    await pool.close()
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
