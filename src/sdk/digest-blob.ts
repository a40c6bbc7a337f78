import { createSHA256 } from 'hash-wasm'
import { UnixFs } from '../core/index.ts'

export type DigestBlobOptions = {
  /** Called after each piece with how much of the file was read. */
  onBytes?: ((doneBytes: number) => void) | undefined
  signal?: AbortSignal | undefined
}

/** SHA-256 (64 hex digits) and UnixFS CID of a file, read once in pieces; for a worker of a browser. */
export async function digestBlob(
  blob: Blob,
  options: DigestBlobOptions = {},
): Promise<{ sha256: string; cid: string; size: number }> {
  const [whole, chunk] = await Promise.all([createSHA256(), createSHA256()])
  const leaves: UnixFs.Leaf[] = []
  let doneBytes = 0
  for await (const piece of pieces(blob)) {
    options.signal?.throwIfAborted()
    whole.update(piece)
    leaves.push({ digest: chunk.init().update(piece).digest('binary'), size: piece.length })
    doneBytes += piece.length
    options.onBytes?.(doneBytes)
  }
  return { sha256: whole.digest('hex'), cid: UnixFs.fileDag(leaves).root, size: blob.size }
}

/** The chunks of the file, one after the other in the same memory: what was yielded holds until the next is asked for. */
async function* pieces(blob: Blob): AsyncGenerator<Uint8Array> {
  const reader = byteReader(blob)
  let buffer = new ArrayBuffer(UnixFs.chunkSize)
  try {
    for (let at = 0; at < blob.size; at += UnixFs.chunkSize) {
      const size = Math.min(UnixFs.chunkSize, blob.size - at)
      if (reader === undefined) {
        yield new Uint8Array(await blob.slice(at, at + size).arrayBuffer())
        continue
      }
      for (let filled = 0; filled < size; ) {
        const { value } = await reader.read(new Uint8Array(buffer, filled, size - filled))
        if (!value?.length) throw new Error('The file ended early: it changed while it was read.')
        buffer = value.buffer
        filled += value.length
      }
      yield new Uint8Array(buffer, 0, size)
    }
  } finally {
    await reader?.cancel()
  }
}

/** Reads into memory it is given, so that a large file leaves nothing to collect; not every browser can. */
function byteReader(blob: Blob): ReadableStreamBYOBReader | undefined {
  try {
    return blob.stream().getReader({ mode: 'byob' })
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}
