import lz4 from 'lz4-napi'
import { Shard, XetHash } from '../../../core/index.ts'

/** How the chunks of a xorb are packed. */
export type Scheme = 'plain' | 'lz4' | 'grouped'

const numbers: Record<Scheme, number> = { plain: 0, lz4: 1, grouped: 2 }

export type TestXorb = { hash: string; bytes: Buffer; leaves: XetHash.Leaf[] }

/** A xorb of these chunks as a client sends it. */
export function xorbOf(chunks: Buffer[], scheme: Scheme = 'plain'): TestXorb {
  const leaves = chunks.map((chunk) => ({ hash: XetHash.ofChunk(chunk), size: chunk.length }))
  const records = chunks.map((chunk) => recordOf(pack(chunk, scheme), numbers[scheme], chunk.length))
  return { hash: XetHash.format(XetHash.ofXorb(leaves)), bytes: Buffer.concat(records), leaves }
}

/** One record of a xorb, true or not. */
export function recordOf(data: Buffer, scheme: number, size: number): Buffer {
  const header = Buffer.alloc(8)
  header.writeUIntLE(data.length, 1, 3)
  header[4] = scheme
  header.writeUIntLE(size, 5, 3)
  return Buffer.concat([header, data])
}

function pack(chunk: Buffer, scheme: Scheme): Buffer {
  if (scheme === 'plain') return chunk
  return lz4.compressFrameSync(scheme === 'lz4' ? chunk : group(chunk))
}

function group(chunk: Buffer): Buffer {
  const places = [0, 1, 2, 3].map((place) => chunk.filter((_, at) => at % 4 === place))
  return Buffer.concat(places)
}

/** A file of whole runs of xorbs, with true hashes and proofs. */
export function fileOf(runs: { xorb: TestXorb; start: number; end: number }[], sha256?: string): Shard.File {
  const parts = runs.map(({ xorb, start, end }) => xorb.leaves.slice(start, end))
  return {
    hash: XetHash.format(XetHash.ofFile(parts.flat())),
    terms: runs.map(({ xorb, start, end }, i) => ({
      xorb: xorb.hash,
      start,
      end,
      size: parts[i]!.reduce((sum, { size }) => sum + size, 0),
    })),
    proofs: parts.map((leaves) => XetHash.ofRange(Buffer.concat(leaves.map(({ hash }) => hash)))),
    sha256,
  }
}

/** A shard of files as a client sends it. */
export function shardOf(files: Shard.File[]): Buffer {
  const empty = Shard.serialize([], { key: new Uint8Array(32), at: 0, expiresAt: 0 })
  const bookend = Buffer.concat([Buffer.alloc(32, 0xff), Buffer.alloc(16)])
  return Buffer.concat([empty.subarray(0, 48), ...files.map(fileRecords), bookend, bookend])
}

function fileRecords({ hash, terms, proofs, sha256 }: Shard.File): Buffer {
  const record = (name: Uint8Array, ...values: number[]) => {
    const bytes = Buffer.alloc(48)
    bytes.set(name)
    for (const [i, value] of values.entries()) bytes.writeUInt32LE(value, 32 + i * 4)
    return bytes
  }
  const flags = (proofs.length > 0 ? 0x8000_0000 : 0) + (sha256 === undefined ? 0 : 0x4000_0000)
  return Buffer.concat([
    record(XetHash.parse(hash), flags, terms.length),
    ...terms.map(({ xorb, size, start, end }) => record(XetHash.parse(xorb), 0, size, start, end)),
    ...proofs.map((proof) => record(proof)),
    ...(sha256 === undefined ? [] : [record(XetHash.parse(sha256))]),
  ])
}
