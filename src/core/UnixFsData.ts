import { varint } from 'multiformats'

/** What a node says besides its links; sizes are in bytes. */
export type UnixFsData =
  | { type: 'directory' }
  | { type: 'file'; blockSizes: readonly number[] }
  | { type: 'shard'; bitField: Uint8Array; hashType: number; fanout: number }

const types = { directory: 1, file: 2, shard: 5 } as const

/**
 * The protobuf message `Data` of a UnixFS node, fields in the order of their numbers. Written here because ipfs-unixfs 13
 * (protons-runtime 7) leaves bytes unset in numbers from 2³¹ up to 2³², such as the size of a file of 3 GiB.
 * Source: https://specs.ipfs.tech/unixfs/#data-field
 */
export function encode(data: UnixFsData): Uint8Array {
  const bytes: number[] = []
  const number = (value: number) => bytes.push(...varint.encodeTo(value, new Uint8Array(varint.encodingLength(value))))
  const field = (tag: number, value: number) => {
    number(tag << 3)
    number(value)
  }
  field(1, types[data.type])
  if (data.type === 'shard') {
    number((2 << 3) | 2)
    number(data.bitField.length)
    bytes.push(...data.bitField)
    field(5, data.hashType)
    field(6, data.fanout)
  }
  if (data.type === 'file') {
    field(
      3,
      data.blockSizes.reduce((sum, size) => sum + size, 0),
    )
    for (const size of data.blockSizes) field(4, size)
  }
  return Uint8Array.from(bytes)
}
