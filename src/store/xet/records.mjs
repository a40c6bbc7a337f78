// Plain JavaScript, because hashing threads load it as it stands.
import lz4 from 'lz4-napi'

/** Bytes before a chunk: version, length in the xorb (24 bit), scheme, length unpacked (24 bit). */
export const headerBytes = 8
/** Clients cut at 128 KiB. */
export const maxChunkBytes = 256 * 1024
/** The largest record: what cannot be compressed grows a little. */
export const maxRecordBytes = headerBytes + maxChunkBytes + 64 * 1024

const plain = 0
const packed = 1
const groupedAndPacked = 2

/**
 * The record at `at`: its length with header, how it is packed, and the chunk's size. Undefined where something else
 * than a record begins (the footer some clients append).
 *
 * @param {Uint8Array} bytes
 * @param {number} at
 * @returns {{ length: number, scheme: number, size: number } | undefined}
 */
export function headerAt(bytes, at) {
  if (bytes[at] !== 0) return undefined
  const length = headerBytes + uint24(bytes, at + 1)
  const scheme = /** @type {number} */ (bytes[at + 4])
  const size = uint24(bytes, at + 5)
  if (scheme > groupedAndPacked) throw new Error(`a chunk is packed by the unknown scheme ${scheme}`)
  if (size === 0 || size > maxChunkBytes)
    throw new Error(`a chunk has ${size} bytes; 1 to ${maxChunkBytes} are allowed`)
  if (length > maxRecordBytes) throw new Error(`a chunk takes ${length} bytes; at most ${maxRecordBytes} are allowed`)
  if (scheme === plain && length !== headerBytes + size) throw new Error('an unpacked chunk has two lengths')
  return { length, scheme, size }
}

/**
 * Writes the chunk of a record into `into` at `to`. Throws where the record does not hold exactly `size` bytes; never
 * makes more than that.
 *
 * @param {Uint8Array} bytes
 * @param {number} at
 * @param {{ length: number, scheme: number, size: number }} header
 * @param {Uint8Array} into
 * @param {number} to
 */
export function unpack(bytes, at, { length, scheme, size }, into, to) {
  const data = bytes.subarray(at + headerBytes, at + length)
  if (scheme === plain) into.set(data, to)
  else if (scheme === packed) unpackFrame(data, into.subarray(to, to + size))
  else {
    const grouped = new Uint8Array(size)
    unpackFrame(data, grouped)
    ungroup(grouped, into, to)
  }
}

/** Most bytes of a block by the frame's descriptor. @type {Record<number, number>} */
const blockSizes = { 4: 1 << 16, 5: 1 << 18, 6: 1 << 20, 7: 1 << 22 }

/**
 * An LZ4 frame, block by block, so that a block is never given more room than is left.
 * Source: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 *
 * @param {Uint8Array} frame
 * @param {Uint8Array} into filled exactly
 */
function unpackFrame(frame, into) {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length)
  const { blocksAt, blockBytes, isLinked, hasChecks } = readDescriptor(view)
  let done = 0
  for (let at = blocksAt; ; ) {
    if (at + 4 > frame.length) throw new Error('a packed chunk is cut off')
    const word = view.getUint32(at, true)
    if (word === 0) break
    const length = word & 0x7fff_ffff
    at += 4
    if (length > frame.length - at) throw new Error('a packed chunk is cut off')
    const block = frame.subarray(at, at + length)
    const room = Math.min(blockBytes, into.length - done)
    const content =
      word & 0x8000_0000
        ? block
        : unpackBlock(block, room, isLinked ? into.subarray(Math.max(0, done - 65_536), done) : undefined)
    if (content.length > room) throw new Error('a packed chunk holds more than it says')
    into.set(content, done)
    done += content.length
    at += length + (hasChecks ? 4 : 0)
  }
  if (done !== into.length) throw new Error('a packed chunk holds less than it says')
}

/** @param {DataView} view */
function readDescriptor(view) {
  if (view.byteLength < 11 || view.getUint32(0, true) !== 0x184d_2204)
    throw new Error('a packed chunk is not an LZ4 frame')
  const flags = view.getUint8(4)
  const blockBytes = blockSizes[(view.getUint8(5) >> 4) & 7]
  if (flags >> 6 !== 1 || (flags & 1) !== 0 || !blockBytes)
    throw new Error('a packed chunk is an LZ4 frame of another kind')
  return {
    blocksAt: 7 + (flags & 8 ? 8 : 0),
    blockBytes,
    isLinked: (flags & 0x20) === 0,
    hasChecks: (flags & 0x10) !== 0,
  }
}

/**
 * @param {Uint8Array} block
 * @param {number} room
 * @param {Uint8Array | undefined} before
 */
function unpackBlock(block, room, before) {
  if (room === 0) throw new Error('a packed chunk holds more than it says')
  const sized = Buffer.allocUnsafe(4 + block.length)
  sized.writeUInt32LE(room, 0)
  sized.set(block, 4)
  try {
    return lz4.uncompressSync(sized, before?.length ? Buffer.from(before) : undefined)
  } catch {
    throw new Error('a packed chunk is damaged, or holds more than it says')
  }
}

/**
 * Puts bytes that were grouped by their place in 32-bit words in order again.
 *
 * @param {Uint8Array} grouped
 * @param {Uint8Array} into
 * @param {number} to
 */
function ungroup(grouped, into, to) {
  const size = grouped.length
  const rest = size & 3
  const whole = size >> 2
  const second = whole + (rest > 0 ? 1 : 0)
  const third = second + whole + (rest > 1 ? 1 : 0)
  const fourth = third + whole + (rest > 2 ? 1 : 0)
  for (let i = 0, at = to; i < whole; i++, at += 4) {
    into[at] = /** @type {number} */ (grouped[i])
    into[at + 1] = /** @type {number} */ (grouped[second + i])
    into[at + 2] = /** @type {number} */ (grouped[third + i])
    into[at + 3] = /** @type {number} */ (grouped[fourth + i])
  }
  const starts = [0, second, third]
  for (let i = 0; i < rest; i++)
    into[to + whole * 4 + i] = /** @type {number} */ (grouped[/** @type {number} */ (starts[i]) + whole])
}

/** @param {Uint8Array} bytes @param {number} at */
function uint24(bytes, at) {
  return (
    /** @type {number} */ (bytes[at]) |
    /** @type {number} */ (bytes[at + 1] << 8) |
    /** @type {number} */ (bytes[at + 2] << 16)
  )
}
