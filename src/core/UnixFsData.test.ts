import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { UnixFS } from 'ipfs-unixfs'
import { expect, test } from 'vitest'
import * as UnixFs from './UnixFs.ts'
import * as UnixFsData from './UnixFsData.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const isUnset = (size: number) => size >= 2 ** 31 && size < 2 ** 32

test('behavior: messages are those of ipfs-unixfs, but for the numbers that it leaves unset', () => {
  const size = fc.oneof(fc.nat(2 ** 20), fc.nat(2 ** 31 - 1), fc.integer({ min: 2 ** 32, max: 2 ** 43 }))
  fc.assert(
    fc.property(fc.array(size, { minLength: 1, maxLength: 8 }), (blockSizes) => {
      fc.pre(!isUnset(blockSizes.reduce((sum, one) => sum + one, 0)))
      const theirs = new UnixFS({ type: 'file', blockSizes: blockSizes.map(BigInt) }).marshal()
      expect(hex(UnixFsData.encode({ type: 'file', blockSizes }))).toBe(hex(theirs))
    }),
  )
  expect(hex(UnixFsData.encode({ type: 'directory' }))).toBe(hex(new UnixFS({ type: 'directory' }).marshal()))
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bitField) => {
      const shard = { type: 'hamt-sharded-directory', data: bitField, fanout: 256n, hashType: 0x22n } as const
      expect(hex(UnixFsData.encode({ type: 'shard', bitField, hashType: 0x22, fanout: 256 }))).toBe(
        hex(new UnixFS(shard).marshal()),
      )
    }),
  )
})

test('behavior: sizes from 2 to 4 GiB are whole', () => {
  const GiB = 2 ** 30
  // filesize (3): 0x80000000 and 0xfff00000; blocksizes (4): 0x40000000 each.
  expect(hex(UnixFsData.encode({ type: 'file', blockSizes: [GiB, GiB] }))).toBe(
    '08021880808080082080808080042080808080' + '04',
  )
  const sizes = [GiB, GiB, GiB, GiB - 2 ** 20]
  const bytes = UnixFsData.encode({ type: 'file', blockSizes: sizes })
  expect(hex(bytes).startsWith('08021880' + '80c0ff0f')).toBe(true)
  expect(UnixFS.unmarshal(bytes).fileSize()).toBe(BigInt(4 * GiB - 2 ** 20))
  const large = UnixFsData.encode({ type: 'file', blockSizes: [3 * GiB, 3 * GiB] })
  expect(UnixFS.unmarshal(large).blockSizes).toEqual([BigInt(3 * GiB), BigInt(3 * GiB)])
})

/** Computed by the Python package, whose protobuf is its own. */
test.each([
  [2048, 'bafybeieyiwtflptdh35ga5rvsber2dzcbc7cikzfdwjmndjifuq42d6yhe'],
  [3072, 'bafybeienulqsuewl2oo4alnd2qmrdos765zvxddiybunolmpzlpnoksn74'],
  [4095, 'bafybeiafmfztyzkxo5mqmjx2b6xnah66axvdjvveabreodvjuos66x34se'],
  [6144, 'bafybeif2lcqaotd6g7gwypjnkop4w6edwoxgvjrsy3lgxszfm64yrapl6e'],
])('behavior: the CID of a file of %i MiB of zeros', (chunks, cid) => {
  const digest = createHash('sha256').update(new Uint8Array(UnixFs.chunkSize)).digest()
  const leaves = Array.from({ length: chunks }, () => ({ digest, size: UnixFs.chunkSize }))
  expect(UnixFs.fileDag(leaves).root).toBe(cid)
})
