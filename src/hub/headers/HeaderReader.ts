import { BadInput } from '../../core/index.ts'

/** Reads bytes `start` (inclusive) to `end` (exclusive) of a file. */
export type ReadRange = (start: number, end: number) => Promise<Uint8Array>

const windowBytes = 256 * 1024
/** Longest text that is taken out of a header. */
const maxText = 1 << 20

/** Little-endian reading from the front of a file, through a window: memory and bytes read are bounded. */
export type HeaderReader = {
  readonly size: number
  /** Where the next byte is read from. */
  position(): number
  /** Moves on without reading. Throws {@link HeaderRefused} past the end of the file. */
  skip(bytes: number): void
  u8(): Promise<number>
  u32(): Promise<number>
  /** Throws {@link HeaderRefused} above 2^53. */
  u64(): Promise<number>
  bytes(length: number): Promise<Uint8Array>
  text(length: number): Promise<string>
}

/** A reader that gives up with {@link HeaderRefused} after `budgetBytes` were fetched. */
export const open = (read: ReadRange, size: number, budgetBytes: number): HeaderReader => {
  let window: DataView = new DataView(new ArrayBuffer(0))
  let start = 0
  let at = 0
  let left = budgetBytes

  const fill = async (length: number): Promise<void> => {
    if (at + length > size) throw new HeaderRefused('ends before its header does')
    const end = Math.min(size, at + Math.max(length, windowBytes))
    left -= end - at
    if (left < 0) throw new HeaderRefused('has a header that is too large')
    const bytes = await read(at, end)
    if (bytes.length !== end - at) throw new HeaderRefused('is shorter than it was')
    window = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    start = at
  }
  /** Offset in the window of the next `length` bytes, which are taken. */
  const take = async (length: number): Promise<number> => {
    if (at < start || at - start + length > window.byteLength) await fill(length)
    const offset = at - start
    at += length
    return offset
  }
  const bytes = async (length: number): Promise<Uint8Array> => {
    if (!Number.isSafeInteger(length) || length > budgetBytes) throw new HeaderRefused('has a header that is too large')
    const offset = await take(length)
    return new Uint8Array(window.buffer, window.byteOffset + offset, length)
  }
  return {
    size,
    position: () => at,
    skip: (length) => {
      if (!Number.isSafeInteger(length) || length < 0 || at + length > size) {
        throw new HeaderRefused('ends before its header does')
      }
      at += length
    },
    // The window may be another one once the bytes are there.
    u8: async () => take(1).then((offset) => window.getUint8(offset)),
    u32: async () => take(4).then((offset) => window.getUint32(offset, true)),
    u64: async () => take(8).then((offset) => safe(window.getBigUint64(offset, true))),
    bytes,
    text: async (length) => {
      if (length > maxText) throw new HeaderRefused('has a text in its header that is too long')
      return new TextDecoder().decode(await bytes(length))
    },
  }
}

const safe = (value: bigint): number => {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new HeaderRefused('has a number in its header that cannot be')
  return Number(value)
}

/** The header of a file is not of its format, or larger than anybody needs; the file is stored all the same. */
export class HeaderRefused extends BadInput {
  constructor(why: string) {
    super(`The file ${why}.`, { code: 'bad_header' })
  }
}
