import { createSHA256, type IHasher } from 'hash-wasm'
import { UnixFs } from '../core/index.ts'

export type DigestBlobOptions = {
  /** Called after each piece with how much of the file was read. */
  onBytes?: ((doneBytes: number) => void) | undefined
  signal?: AbortSignal | undefined
}

/** Bytes read at once: the memory a file of any size takes. */
const pieceBytes = 8 * UnixFs.chunkSize

/** SHA-256 (64 hex digits) and UnixFS CID of a file, read once in pieces; for a worker of a browser. */
export async function digestBlob(
  blob: Blob,
  options: DigestBlobOptions = {},
): Promise<{ sha256: string; cid: string; size: number }> {
  const [whole, chunk] = await Promise.all([createSHA256(), createSHA256()])
  const leaves: UnixFs.Leaf[] = []
  for (let at = 0; at < blob.size; at += pieceBytes) {
    options.signal?.throwIfAborted()
    const piece = new Uint8Array(await blob.slice(at, at + pieceBytes).arrayBuffer())
    whole.update(piece)
    for (let from = 0; from < piece.length; from += UnixFs.chunkSize)
      leaves.push(leafOf(chunk, piece.subarray(from, from + UnixFs.chunkSize)))
    options.onBytes?.(at + piece.length)
  }
  return { sha256: whole.digest('hex'), cid: UnixFs.fileDag(leaves).root, size: blob.size }
}

const leafOf = (hasher: IHasher, bytes: Uint8Array): UnixFs.Leaf => ({
  digest: hasher.init().update(bytes).digest('binary'),
  size: bytes.length,
})
