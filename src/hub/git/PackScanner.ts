import { promisify } from 'node:util'
import { inflate, inflateSync, type ZlibOptions } from 'node:zlib'
import type { GitObject } from '../../catalog/index.ts'
import { BadPack } from './errors.ts'
import type { Spool } from './Spool.ts'

/** One object of a pack as it stands there. `at` is where its compressed bytes begin, `start` where the entry does. */
export type Entry = {
  start: number
  at: number
  size: number
  kind: GitObject.Kind | undefined
  /** A delta: the entry it is made of by its place, or by its id. */
  base: number | string | undefined
}

const kinds: Record<number, GitObject.Kind> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' }
const windowBytes = 2 ** 20
const syncBytes = 64 * 1024
const entriesPerTurn = 200

/** Bytes that a compressor makes of `size` bytes at worst, with room to spare. */
const compressedAtMost = (size: number): number => size + Math.ceil(size / 8) + 1024

type Unpacked = { bytes: Buffer; used: number }

/** Unpacks `size` bytes out of the beginning of `packed`. Throws {@link BadPack}. */
export const unpack = async (packed: Uint8Array, size: number): Promise<Unpacked> => {
  const options = { info: true, maxOutputLength: size + 1, chunkSize: Math.min(Math.max(size + 1, 64), syncBytes) }
  try {
    const made = (size <= syncBytes ? inflateSync(packed, options) : await inflated(packed, options)) as unknown
    const { buffer, engine } = made as { buffer: Buffer; engine: { bytesWritten: number } }
    if (buffer.length !== size) throw new BadPack(`an object has ${buffer.length} bytes and not ${size}`)
    return { bytes: buffer, used: engine.bytesWritten }
  } catch (error) {
    if (error instanceof BadPack) throw error
    throw new BadPack('an object is not compressed as git does it, or is larger than it says', error)
  }
}

const inflated = promisify(inflate) as (bytes: Uint8Array, options: ZlibOptions) => Promise<unknown>

/** The objects of a spooled pack, one after the other with their bytes (of the delta itself where it is one). */
export async function* scan(
  spool: Spool,
  { count, end, largest }: { count: number; end: number; largest: number },
): AsyncGenerator<Entry & { bytes: Buffer }> {
  let window: Buffer = Buffer.alloc(0)
  let windowAt = 0
  const look = async (at: number, length: number): Promise<Buffer> => {
    const wanted = Math.min(length, end - at)
    if (at < windowAt || at + wanted > windowAt + window.length) {
      window = await spool.read(at, Math.min(Math.max(length, windowBytes), end - at))
      windowAt = at
    }
    return window.subarray(at - windowAt)
  }
  let at = 12
  for (let index = 0; index < count; index++) {
    const start = at
    const entry = headOf(await look(at, 64), start)
    if (entry.size > largest) throw tooLarge(entry, largest)
    const packed = await look(entry.at, compressedAtMost(entry.size))
    const { bytes, used } = await unpack(packed, entry.size)
    at = entry.at + used
    yield { ...entry, bytes }
    // Thousands of small objects must not keep everybody else waiting.
    if (index % entriesPerTurn === 0) await new Promise(setImmediate)
  }
  if (at !== end) throw new BadPack(`${end - at} bytes follow its last object`)
}

const tooLarge = ({ kind, size }: Entry, largest: number): BadPack =>
  new BadPack(
    `a ${kind ?? 'delta'} has ${size} bytes and at most ${largest} are accepted; ` +
      'keep large files in LFS (git lfs install; git lfs track "*.bin"; git lfs migrate import)',
  )

/** The bytes of one object that {@link scan} has passed. */
export const reread = async (spool: Spool, { at, size }: Entry, end: number): Promise<Buffer> =>
  (await unpack(await spool.read(at, Math.min(compressedAtMost(size), end - at)), size)).bytes

const headOf = (bytes: Buffer, start: number): Entry => {
  const first = bytes[0]
  if (first === undefined) throw new BadPack('it ends before its last object')
  let [size, read, scale, more] = [first & 15, 1, 16, first > 127]
  while (more) {
    const byte = bytes[read++]
    if (byte === undefined || scale > 2 ** 46) throw new BadPack('the size of an object is broken')
    size += (byte & 127) * scale
    scale *= 128
    more = byte > 127
  }
  const type = (first >> 4) & 7
  const kind = kinds[type]
  if (kind) return { start, at: start + read, size, kind, base: undefined }
  if (type === 6) return { start, size, kind, ...placeOf(bytes, read, start) }
  if (type !== 7 || bytes.length < read + 20) throw new BadPack(`there is no object type ${type}`)
  return { start, at: start + read + 20, size, kind, base: bytes.toString('hex', read, read + 20) }
}

/** How far before the delta its base begins: seven bits a byte, the highest first, and one added for each that follows. */
const placeOf = (bytes: Buffer, from: number, start: number): { at: number; base: number } => {
  let read = from
  let distance = -1
  for (;;) {
    const byte = bytes[read++]
    if (byte === undefined || distance > 2 ** 40) throw new BadPack('the base of a delta is broken')
    distance = (distance + 1) * 128 + (byte & 127)
    if (byte < 128) break
  }
  if (distance <= 0 || distance > start) throw new BadPack('the base of a delta lies outside')
  return { at: start + read, base: start - distance }
}
