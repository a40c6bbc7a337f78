import { createHash } from 'node:crypto'
import { Cid, UnixFs } from '../core/index.ts'

/**
 * What is kept beside a file of more than one chunk: the digests of its chunks and its dag-pb nodes, so that each can
 * be served as a block without a second copy of the file.
 *
 * Layout (big-endian): magic, u64 size, sha256, u32 chunks, u32 nodes, chunk digests, {digest, u32 length} of each
 * node (root last), node bytes, SHA-256 of all before.
 */
export type Sidecar = {
  cid: string
  size: number
  /** Bare hex of the whole file. */
  sha256: string
  /** Chunk digests then node digests, 32 bytes each. */
  digests: Buffer
  leafCount: number
  nodeLengths: number[]
  /** Where the bytes of the first node start in the sidecar file. */
  nodesAt: number
  dagSize: number
}

const magic = Buffer.from('DEHUGLF1')
const headerLength = magic.length + 8 + 32 + 8

export function encode(input: {
  size: number
  sha256: Uint8Array
  leaves: Uint8Array[]
  nodes: UnixFs.Block[]
}): Buffer {
  const header = Buffer.alloc(headerLength)
  magic.copy(header)
  header.writeBigUInt64BE(BigInt(input.size), 8)
  header.set(input.sha256, 16)
  header.writeUInt32BE(input.leaves.length, 48)
  header.writeUInt32BE(input.nodes.length, 52)
  const table = input.nodes.map(({ cid, bytes }) => {
    const row = Buffer.alloc(36)
    row.set(Cid.parse(cid).digest)
    row.writeUInt32BE(bytes.length, 32)
    return row
  })
  const body = Buffer.concat([header, ...input.leaves, ...table, ...input.nodes.map((node) => node.bytes)])
  return Buffer.concat([body, checksum(body)])
}

/** Undefined when the bytes are not an intact sidecar. */
export function decode(file: Buffer): Sidecar | undefined {
  if (file.length < headerLength + 32 || !file.subarray(0, magic.length).equals(magic)) return undefined
  const body = file.subarray(0, -32)
  if (!checksum(body).equals(file.subarray(-32))) return undefined
  const size = Number(file.readBigUInt64BE(8))
  const leafCount = file.readUInt32BE(48)
  const nodeCount = file.readUInt32BE(52)
  const tableAt = headerLength + leafCount * 32
  const digests = Buffer.alloc((leafCount + nodeCount) * 32)
  file.copy(digests, 0, headerLength, tableAt)
  const nodeLengths = Array.from({ length: nodeCount }, (_, i) => {
    const row = tableAt + i * 36
    file.copy(digests, (leafCount + i) * 32, row, row + 32)
    return file.readUInt32BE(row + 32)
  })
  return {
    cid: Cid.toString(Cid.ofDagPb(digests.subarray(-32))),
    size,
    sha256: file.toString('hex', 16, 48),
    digests,
    leafCount,
    nodeLengths,
    nodesAt: tableAt + nodeCount * 36,
    dagSize: nodeLengths.reduce((sum, length) => sum + length, size),
  }
}

/** The place of chunk `leaf` in the file. */
export function leafRange(sidecar: Sidecar, leaf: number): { offset: number; length: number } {
  const offset = leaf * UnixFs.chunkSize
  return { offset, length: Math.min(UnixFs.chunkSize, sidecar.size - offset) }
}

/** The place of node `node` in the sidecar file. */
export function nodeRange(sidecar: Sidecar, node: number): { offset: number; length: number } {
  const offset = sidecar.nodeLengths.slice(0, node).reduce((sum, length) => sum + length, sidecar.nodesAt)
  return { offset, length: sidecar.nodeLengths[node]! }
}

function checksum(body: Buffer): Buffer {
  return createHash('sha256').update(body).digest()
}
