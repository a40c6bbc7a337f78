import { sha256 } from '@noble/hashes/sha2.js'
import { Bytes, UnixFs } from '../core/index.ts'

/** SHA-256 and CID of bytes in memory. */
export function digestBytes(bytes: Uint8Array): { sha256: string; cid: string } {
  const leaves: UnixFs.Leaf[] = []
  for (let at = 0; at < bytes.length; at += UnixFs.chunkSize) {
    const chunk = bytes.subarray(at, at + UnixFs.chunkSize)
    leaves.push({ digest: sha256(chunk), size: chunk.length })
  }
  return { sha256: Bytes.toHex(sha256(bytes)).slice(2), cid: UnixFs.fileDag(leaves).root }
}
