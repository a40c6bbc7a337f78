import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fileOf, shardOf, xorbOf } from '../store/xet/testing/xorbs.ts'
import { Shard, XetHash } from './index.ts'

const chunks = [Buffer.from('first chunk'), Buffer.from('second'), Buffer.from('third')]
const xorb = xorbOf(chunks)
const sha256 = '0123456789abcdef'.repeat(4)
const file = fileOf(
  [
    { xorb, start: 0, end: 2 },
    { xorb, start: 2, end: 3 },
  ],
  sha256,
)

test('behavior: files as clients send them', () => {
  const bare = { ...fileOf([{ xorb, start: 1, end: 2 }]), proofs: [] }
  expect(Shard.parseFiles(shardOf([file, bare]))).toEqual([file, bare])
  expect(Shard.parseXorbs(shardOf([file, bare]))).toEqual([])
})

test('behavior: xorbs that are told to a client, with hashes only who has the chunk recognises', () => {
  const key = Buffer.alloc(32, 9)
  const told = { hash: xorb.hash, chunks: xorb.leaves, bytes: xorb.bytes.length }
  const bytes = Shard.serialize([told], { key, at: 1000, expiresAt: 2000 })
  const [read] = Shard.parseXorbs(bytes)
  expect(read).toEqual({
    ...told,
    chunks: xorb.leaves.map(({ hash, size }) => ({ hash: XetHash.keyed(hash, key), size })),
  })
  const footer = Buffer.from(bytes.subarray(-200))
  expect(footer.subarray(72, 104)).toEqual(key)
  expect([0, 8, 16, 24, 104, 112, 192].map((at) => Number(footer.readBigUInt64LE(at)))).toEqual([
    1,
    48,
    96,
    bytes.length - 200,
    1000,
    2000,
    bytes.length - 200,
  ])
})

test('error: counts that cannot be, empty terms, cut off shards', () => {
  const good = shardOf([file])
  const manyTerms = Buffer.from(good)
  manyTerms.writeUInt32LE(0xffff_ffff, 48 + 36)
  expect(() => Shard.parseXorbs(manyTerms)).toThrow('The shard cannot be used: it ends in the middle.')
  const emptyTerm = shardOf([{ ...file, terms: file.terms.map((term) => ({ ...term, end: term.start })) }])
  expect(() => Shard.parseXorbs(emptyTerm)).toThrow('has chunks 0 to 0.')
  expect(() => Shard.parseXorbs(good.subarray(1))).toThrow('it does not begin as a shard.')
  for (let length = 0; length < good.length; length += 7) {
    expect(() => Shard.parseXorbs(good.subarray(0, length))).toThrow(Shard.BadShard)
  }
})

test('behavior: any bytes are a shard or are refused', () => {
  const good = shardOf([file])
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 20 }), (changes) => {
      const bytes = Buffer.from(good)
      for (const [at, value] of changes) bytes[at] = value
      try {
        Shard.parseXorbs(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(Shard.BadShard)
      }
    }),
    { numRuns: 500 },
  )
})
