import { fileHash, getChunks, hashToHex, hmac, verificationHash, xorbHash } from '@huggingface/xetchunk-wasm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { XetHash } from './index.ts'

const leaves = fc.array(
  fc.record({ hash: fc.uint8Array({ minLength: 32, maxLength: 32 }), size: fc.integer({ min: 1, max: 131_072 }) }),
  { maxLength: 300 },
)

describe('against the hashes of Hugging Face', () => {
  test('behavior: trees of any leaves', () => {
    fc.assert(
      fc.property(leaves, (given) => {
        const theirs = given.map(({ hash, size }) => ({ hash, length: size }))
        expect(XetHash.format(XetHash.ofXorb(given))).toBe(hashToHex(xorbHash(theirs)))
        expect(XetHash.format(XetHash.ofFile(given))).toBe(hashToHex(fileHash(theirs)))
      }),
    )
  })

  test('behavior: chunks, ranges and keyed hashes', () => {
    const bytes = Uint8Array.from({ length: 500_000 }, (_, i) => (i * 7919) >> 5)
    let at = 0
    const chunks = getChunks(bytes)
    for (const { hash, length } of chunks) {
      expect(XetHash.ofChunk(bytes.subarray(at, at + length))).toEqual(hash)
      at += length
    }
    const hashes = chunks.map(({ hash }) => hash)
    expect(XetHash.ofRange(Buffer.concat(hashes))).toEqual(verificationHash(hashes))
    expect(XetHash.keyed(hashes[0]!, hashes[1]!)).toEqual(hmac(hashes[0]!, hashes[1]!))
  })
})

test('behavior: the text of a hash is four little-endian numbers', () => {
  const hash = Uint8Array.from({ length: 32 }, (_, i) => i)
  const text = '07060504030201000f0e0d0c0b0a090817161514131211101f1e1d1c1b1a1918'
  expect(XetHash.format(hash)).toBe(text)
  expect(XetHash.parse(text)).toEqual(hash)
})

test('error: what is no hash', () => {
  for (const text of ['', 'A'.repeat(64), '0'.repeat(63), `${'0'.repeat(64)}\n`]) {
    expect(() => XetHash.parse(text)).toThrow('is not a Xet hash of 64 hex digits.')
  }
})
