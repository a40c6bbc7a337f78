import { createHash } from 'node:crypto'
import { type FileHandle, open as openFile } from 'node:fs/promises'
import { Cid, VerificationFailed } from '../core/index.ts'

/** A CAR on disk whose every block was compared with its CID. */
export type CarFile = AsyncDisposable & {
  root: Cid.Cid
  /** The number of different blocks. */
  blocks: number
  /** What tells blocks apart: their digest, as in IPFS, whatever codec they are linked by; undefined where it is missing. */
  key(cid: string): string | undefined
  /** The bytes of a block. Throws {@link BadCar} where it is missing. */
  block(cid: string): Promise<Uint8Array>
}

export type Options = {
  signal?: AbortSignal | undefined
  onBytes?: ((doneBytes: number, totalBytes: number) => void) | undefined
}

/** Of one block; the profile's are smaller. */
const maxBlockBytes = 2 * 2 ** 20
/** DAG-CBOR of {"roots":[CID],"version":1} around the CID's 36 bytes. */
const headerStart = Buffer.from('3aa265726f6f747381d82a582500', 'hex')
const headerEnd = Buffer.from('6776657273696f6e01', 'hex')
const headerBytes = headerStart.length + Cid.byteLength + headerEnd.length
const windowBytes = 4 * 2 ** 20

type Place = { at: number; length: number }

/**
 * Reads a CAR version 1 with one root from end to end, checks each block, and remembers where it lies. Blocks may come in
 * any order. Throws {@link BadCar}. Source: https://ipld.io/specs/transport/car/carv1/
 */
export async function open(path: string, options: Options = {}): Promise<CarFile> {
  const file = await openFile(path, 'r')
  try {
    const { size } = await file.stat()
    const read = readerOf(file, size)
    const root = rootOf(await read(0, headerBytes))
    const places = new Map<string, Place>()
    for (let at = headerBytes; at < size; ) {
      options.signal?.throwIfAborted()
      at = await section(read, at, places)
      options.onBytes?.(at, size)
    }
    return carOf(file, root, places)
  } catch (error) {
    await file.close()
    throw error
  }
}

type Read = (at: number, length: number) => Promise<Buffer>

/** Reads through a window, so that many small blocks cost few calls. */
function readerOf(file: FileHandle, size: number): Read {
  let window = { at: 0, bytes: Buffer.alloc(0) }
  return async (at, length) => {
    if (at + length > size) throw new BadCar('it ends in the middle of a block')
    if (at < window.at || at + length > window.at + window.bytes.length) {
      const bytes = Buffer.allocUnsafe(Math.min(Math.max(windowBytes, length), size - at))
      for (let filled = 0; filled < bytes.length; ) {
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, at + filled)
        if (bytesRead === 0) throw new BadCar('it became shorter while it was read')
        filled += bytesRead
      }
      window = { at, bytes }
    }
    return window.bytes.subarray(at - window.at, at - window.at + length)
  }
}

function rootOf(header: Buffer): Cid.Cid {
  const isPlain =
    header.subarray(0, headerStart.length).equals(headerStart) && header.subarray(-headerEnd.length).equals(headerEnd)
  if (!isPlain) throw new BadCar('its header is not that of a CAR version 1 with one root')
  return cidOf(header.subarray(headerStart.length, -headerEnd.length))
}

async function section(read: Read, start: number, places: Map<string, Place>): Promise<number> {
  const { value: length, end } = await varint(read, start)
  if (length < Cid.byteLength || length > Cid.byteLength + maxBlockBytes) throw new BadCar(`a block of ${length} bytes`)
  const bytes = await read(end, length)
  const cid = cidOf(bytes.subarray(0, Cid.byteLength))
  const content = bytes.subarray(Cid.byteLength)
  if (!createHash('sha256').update(content).digest().equals(Buffer.from(cid.digest))) {
    throw new BadCar(`the block ${Cid.toString(cid)} has other bytes than its CID says`)
  }
  const place = { at: end + Cid.byteLength, length: content.length }
  if (!places.has(keyOf(cid))) places.set(keyOf(cid), place)
  return end + length
}

/** At most four bytes: more than any block needs. */
async function varint(read: Read, start: number): Promise<{ value: number; end: number }> {
  let value = 0
  for (let i = 0; i < 4; i += 1) {
    const byte = (await read(start + i, 1))[0] as number
    value += (byte & 127) * 2 ** (7 * i)
    if (byte < 128) {
      if (byte === 0 && i > 0) throw new BadCar('a length is not written in its shortest form')
      return { value, end: start + i + 1 }
    }
  }
  throw new BadCar('a length that no block has')
}

function cidOf(bytes: Uint8Array): Cid.Cid {
  try {
    return Cid.fromBytes(bytes)
  } catch (cause) {
    throw new BadCar(`a CID that cannot be read here: ${(cause as Error).message}`)
  }
}

const keyOf = ({ digest }: Cid.Cid) => Buffer.from(digest).toString('latin1')

function carOf(file: FileHandle, root: Cid.Cid, places: Map<string, Place>): CarFile {
  return {
    root,
    blocks: places.size,
    key: (cid) => {
      const key = keyOf(Cid.parse(cid))
      return places.has(key) ? key : undefined
    },
    block: async (cid) => {
      const place = places.get(keyOf(Cid.parse(cid)))
      if (!place) throw new BadCar(`the block ${cid} is missing`)
      const bytes = Buffer.allocUnsafe(place.length)
      for (let filled = 0; filled < bytes.length; ) {
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, place.at + filled)
        if (bytesRead === 0) throw new BadCar('it became shorter while it was read')
        filled += bytesRead
      }
      return bytes
    },
    [Symbol.asyncDispose]: () => file.close(),
  }
}

/** A file is no bundle, or its blocks are not what they claim to be. */
export class BadCar extends VerificationFailed {
  constructor(why: string) {
    super(`The bundle is not sound: ${why}.`, {
      code: 'bad_bundle',
      hint: 'Nothing of it was kept. Copy it again, or have it exported again.',
    })
  }
}
