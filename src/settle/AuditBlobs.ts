import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { Batch, Bytes, Cid, Hash, type Hex, UnixFs, VerificationFailed } from '../core/index.ts'
import { fetchVerified, type Store } from '../store/index.ts'

/** Where an auditor reads batches from: a store at hand, gateways, or both. Nobody of them is trusted. */
export type BlobSources = { store?: Store | undefined; sources?: string[] | undefined }

/** Reads the bytes behind a CID and makes sure that they are. Throws `NotFound`, `VerificationFailed` or what the sources throw. */
export async function readBlob(cid: string, { store, sources = [] }: BlobSources): Promise<Uint8Array> {
  const stored = store && (await fromStore(store, cid))
  if (stored) return stored
  const dir = await mkdtemp(join(tmpdir(), 'dehug-audit-'))
  try {
    await fetchVerified(cid, { sources, to: join(dir, 'blob') })
    return await readFile(join(dir, 'blob'))
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function fromStore(store: Store, cid: string): Promise<Uint8Array | undefined> {
  const bytes = await store.open(cid).then(buffer, () => undefined)
  if (!bytes) return undefined
  const found = cidOf(bytes)
  if (found === cid) return bytes
  throw new VerificationFailed(`The stored batch ${cid} has the CID ${found}.`, { code: 'blob_changed' })
}

/** CID of bytes as a file of the profile `unixfs-v1-2025`. */
export function cidOf(bytes: Uint8Array): string {
  const leaves: UnixFs.Leaf[] = []
  for (let at = 0; at < bytes.length || leaves.length === 0; at += UnixFs.chunkSize) {
    const chunk = bytes.subarray(at, at + UnixFs.chunkSize)
    leaves.push({ digest: Bytes.fromHex(Hash.sha256(chunk)), size: chunk.length })
  }
  return UnixFs.fileDag(leaves).root
}

/** The batch with a root, from the first of its announced CIDs that holds it; else why none does. */
export async function readBatch(root: Hex, cids: Hex[], sources: BlobSources): Promise<Batch.Batch | { why: string }> {
  let why = 'nobody announced where it is'
  for (const cidBytes of cids) {
    try {
      const cid = Cid.toString(Cid.fromBytes(Bytes.fromHex(cidBytes)))
      const batch = Batch.parse(Buffer.from(await readBlob(cid, sources)).toString('utf8'))
      const found = Batch.root(batch)
      if (found === root) return batch
      why = `the blob ${cid} has root ${found}`
    } catch (error) {
      why = (error as Error).message
    }
  }
  return { why }
}
