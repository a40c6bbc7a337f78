import { BadInput } from './errors.ts'
import * as XetHash from './XetHash.ts'

/**
 * What a Xet client says about files (which chunks of which xorbs they are made of) and about xorbs (which chunks are
 * in them). Source: https://huggingface.co/docs/xet/shard
 */
/** Chunks `start` to `end` (exclusive) of a xorb, `size` bytes together. */
export type Term = { xorb: string; start: number; end: number; size: number }

/** `proofs` has the range hash of each term. `sha256` is bare hex. */
export type File = { hash: string; terms: Term[]; proofs: Uint8Array[]; sha256: string | undefined }

export type Xorb = { hash: string; chunks: XetHash.Leaf[]; bytes: number }

/** Most bytes of a shard. */
export const maxBytes = 64 * 2 ** 20

const record = 48
const footerBytes = 200
const version = 2n
const footerVersion = 1n
const withProofs = 0x8000_0000
const withSha256 = 0x4000_0000
const magic = Uint8Array.from([...new TextEncoder().encode('HFRepoMetaData'), 0, 85, 105, 103, 69, 106, 123, 129, 87])
const magicRest = Uint8Array.from([131, 165, 189, 217, 92, 205, 209, 74, 169])

/** The files of a shard. Throws {@link BadShard}; memory is bounded by the length of `bytes`. */
export const parseFiles = (bytes: Uint8Array): File[] => readFiles(start(bytes))

/** The xorbs of a shard, which stand after its files. Throws {@link BadShard}. */
export const parseXorbs = (bytes: Uint8Array): Xorb[] => {
  const reader = start(bytes)
  readFiles(reader)
  const xorbs: Xorb[] = []
  while (!reader.isBookend()) xorbs.push(readXorb(reader))
  return xorbs
}

const start = (bytes: Uint8Array): Reader => {
  if (bytes.length < record || !startsRight(bytes)) throw new BadShard('it does not begin as a shard')
  const reader = readerOf(bytes)
  reader.skip(record)
  return reader
}

const readFiles = (reader: Reader): File[] => {
  const files: File[] = []
  // Terms name few xorbs many times.
  const names = new Map<string, string>()
  while (!reader.isBookend()) files.push(readFile(reader, names))
  reader.skip(record)
  return files
}

const startsRight = (bytes: Uint8Array): boolean => {
  const expected = [...magic, ...magicRest]
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return expected.every((byte, at) => bytes[at] === byte) && view.getBigUint64(32, true) === version
}

type Reader = ReturnType<typeof readerOf>

const readerOf = (given: Uint8Array) => {
  const view = new DataView(given.buffer, given.byteOffset, given.length)
  // Slices of a Buffer would keep all of it.
  const bytes = new Uint8Array(given.buffer, given.byteOffset, given.length)
  let at = 0
  const need = (length: number) => {
    if (at + length > bytes.length) throw new BadShard('it ends in the middle')
  }
  return {
    /** Whether the record here ends its section. */
    isBookend(): boolean {
      need(record)
      for (let i = 0; i < XetHash.byteLength; i++) if (bytes[at + i] !== 0xff) return false
      return true
    },
    skip(length: number): void {
      need(length)
      at += length
    },
    /** The four numbers after the hash of this record. */
    numbers: (): [number, number, number, number] => {
      need(record)
      return [32, 36, 40, 44].map((offset) => view.getUint32(at + offset, true)) as [number, number, number, number]
    },
    hash: (): Uint8Array => {
      need(record)
      return bytes.slice(at, at + XetHash.byteLength)
    },
    /** Refuses a count of records that cannot be there, before memory is taken for them. */
    expect: (count: number): void => need(count * record),
  }
}

const readFile = (reader: Reader, names: Map<string, string>): File => {
  const hash = XetHash.format(reader.hash())
  const [flags, count] = reader.numbers()
  reader.skip(record)
  reader.expect(count)
  const terms: Term[] = []
  for (let i = 0; i < count; i++) {
    const [, size, start, end] = reader.numbers()
    if (start >= end) throw new BadShard(`a term of file ${hash} has chunks ${start} to ${end}`)
    const xorb = XetHash.format(reader.hash())
    const known = names.get(xorb) ?? xorb
    names.set(known, known)
    terms.push({ xorb: known, start, end, size })
    reader.skip(record)
  }
  const proofs: Uint8Array[] = []
  for (let i = 0; i < count && (flags & withProofs) !== 0; i++) {
    proofs.push(reader.hash())
    reader.skip(record)
  }
  if ((flags & withSha256) === 0) return { hash, terms, proofs, sha256: undefined }
  // Written like all hashes here: as four little-endian numbers, so that its hex text reads as usual.
  const sha256 = XetHash.format(reader.hash())
  reader.skip(record)
  return { hash, terms, proofs, sha256 }
}

const readXorb = (reader: Reader): Xorb => {
  const hash = XetHash.format(reader.hash())
  const [, count, , bytes] = reader.numbers()
  reader.skip(record)
  reader.expect(count)
  const chunks: XetHash.Leaf[] = []
  for (let i = 0; i < count; i++) {
    const [, size] = reader.numbers()
    chunks.push({ hash: reader.hash(), size })
    reader.skip(record)
  }
  return { hash, chunks, bytes }
}

/**
 * A shard that tells a client about xorbs. Chunk hashes are keyed with `key`, so that only who has a chunk recognises
 * it. `at` and `expiresAt` are Unix seconds.
 */
export const serialize = (
  xorbs: Xorb[],
  { key, at, expiresAt }: { key: Uint8Array; at: number; expiresAt: number },
): Uint8Array => {
  const records = xorbs.reduce((sum, { chunks }) => sum + 1 + chunks.length, 3)
  const bytes = new Uint8Array(records * record + footerBytes)
  const view = new DataView(bytes.buffer)
  bytes.set([...magic, ...magicRest])
  view.setBigUint64(32, version, true)
  view.setBigUint64(40, BigInt(footerBytes), true)
  bytes.fill(0xff, record, record + XetHash.byteLength)
  let offset = 2 * record
  const put = (hash: Uint8Array, ...numbers: number[]) => {
    bytes.set(hash, offset)
    for (const [i, number] of numbers.entries()) view.setUint32(offset + 32 + i * 4, number, true)
    offset += record
  }
  for (const { hash, chunks, bytes: onDisk } of xorbs) {
    const total = chunks.reduce((sum, { size }) => sum + size, 0)
    put(XetHash.parse(hash), 0, chunks.length, total, onDisk)
    let from = 0
    for (const chunk of chunks) {
      put(XetHash.keyed(chunk.hash, key), from, chunk.size)
      from += chunk.size
    }
  }
  put(new Uint8Array(XetHash.byteLength).fill(0xff))
  writeFooter(view, bytes, offset, { key, at, expiresAt })
  return bytes
}

const writeFooter = (
  view: DataView,
  bytes: Uint8Array,
  offset: number,
  { key, at, expiresAt }: { key: Uint8Array; at: number; expiresAt: number },
): void => {
  const number = (place: number, value: number | bigint) => view.setBigUint64(offset + place, BigInt(value), true)
  number(0, footerVersion)
  number(8, record)
  number(16, 2 * record)
  // Lookup tables that are not there: each begins, empty, where the footer does.
  for (const place of [24, 40, 56]) number(place, offset)
  bytes.set(key, offset + 72)
  number(104, at)
  number(112, expiresAt)
  number(192, offset)
}

/** These bytes are not a shard as the protocol has them. */
export class BadShard extends BadInput {
  constructor(why: string) {
    super(`The shard cannot be used: ${why}.`, {
      code: 'bad_shard',
      hint: 'Send the shard as hf_xet or @huggingface/hub make it.',
    })
  }
}
