import { crc32 } from 'node:zlib'
import { BadInput, type XetHash } from '../../core/index.ts'

/**
 * What is kept behind the records of a xorb, so that any run of its chunks can be found, named and checked without
 * reading the rest.
 *
 * Layout (little-endian): chunk hashes, u32 end of each record, u32 end of each chunk in the unpacked xorb, u32 CRC-32
 * of each record; then u32 chunks, u32 CRC-32 of all that, 8 bytes of magic.
 */
export type XorbTable = {
  /** Chunk hashes, one after the other. */
  hashes: Buffer
  /** Where each record ends in the file. */
  recordEnds: Uint32Array
  /** Where each chunk ends in the unpacked xorb. */
  chunkEnds: Uint32Array
  checks: Uint32Array
}

/** Most bytes of a xorb, unpacked. */
export const maxXorbBytes = 64 * 2 ** 20
export const maxChunks = 8192

const magic = Buffer.from('DEHUGXB1')
const row = 44
export const trailerBytes = 16

export const chunkCount = (table: XorbTable): number => table.checks.length
export const recordsBytes = (table: XorbTable): number => table.recordEnds.at(-1) ?? 0
export const recordStart = (table: XorbTable, chunk: number): number => (chunk === 0 ? 0 : table.recordEnds[chunk - 1]!)
export const chunkStart = (table: XorbTable, chunk: number): number => (chunk === 0 ? 0 : table.chunkEnds[chunk - 1]!)
/** Bytes of the records of chunks `start` to `end` (exclusive). */
export const bytesOf = (table: XorbTable, { start, end }: { start: number; end: number }): number =>
  table.recordEnds[end - 1]! - recordStart(table, start)
export const chunkHash = (table: XorbTable, chunk: number): Buffer => table.hashes.subarray(chunk * 32, chunk * 32 + 32)

/** Chunks `start` to `end` (exclusive) as leaves of a hash tree. */
export function* leaves(table: XorbTable, start: number, end: number): Generator<XetHash.Leaf> {
  for (let chunk = start; chunk < end; chunk++) {
    yield { hash: chunkHash(table, chunk), size: table.chunkEnds[chunk]! - chunkStart(table, chunk) }
  }
}

/** The bytes that follow the records. */
export function encode({ hashes, recordEnds, chunkEnds, checks }: XorbTable): Buffer {
  const count = checks.length
  const bytes = Buffer.alloc(count * row + trailerBytes)
  hashes.copy(bytes)
  for (const [column, numbers] of [recordEnds, chunkEnds, checks].entries()) {
    for (let i = 0; i < count; i++) bytes.writeUInt32LE(numbers[i]!, count * (32 + column * 4) + i * 4)
  }
  bytes.writeUInt32LE(count, count * row)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, count * row)), count * row + 4)
  magic.copy(bytes, count * row + 8)
  return bytes
}

/** The number of bytes before the trailer; undefined when it is not one. */
export function tableBytes(trailer: Buffer): number | undefined {
  const count = trailer.readUInt32LE(0)
  if (count > maxChunks || !trailer.subarray(8).equals(magic)) return undefined
  return count * row
}

/** Undefined when the bytes are not an intact table with its trailer. */
export function decode(bytes: Buffer): XorbTable | undefined {
  const length = bytes.length < trailerBytes ? undefined : tableBytes(bytes.subarray(-trailerBytes))
  if (length !== bytes.length - trailerBytes) return undefined
  if (crc32(bytes.subarray(0, length)) !== bytes.readUInt32LE(length + 4)) return undefined
  const count = length / row
  const numbers = (column: number) =>
    Uint32Array.from({ length: count }, (_, i) => bytes.readUInt32LE(count * (32 + column * 4) + i * 4))
  return {
    hashes: bytes.subarray(0, count * 32),
    recordEnds: numbers(0),
    chunkEnds: numbers(1),
    checks: numbers(2),
  }
}

/** The body is not the xorb it is said to be; nothing of it was kept. */
export class BadXorb extends BadInput {
  constructor(why: string) {
    super(`The xorb cannot be used: ${why}.`, {
      code: 'bad_xorb',
      hint: 'Send the xorb as hf_xet or @huggingface/hub make it.',
    })
  }
}
