import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { XetHash } from '../../core/index.ts'
import { keyedHasher, maxBytes, scratchBytes, slackBytes } from './Blake3.mjs'

const pages = Math.ceil((3 * maxBytes + slackBytes + scratchBytes) / 65_536)
const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
const bytes = new Uint8Array(memory.buffer)
const scratch = 3 * maxBytes + slackBytes
bytes.set(randomBytes(scratch))
const hash = keyedHasher(memory, scratch, XetHash.chunkKey)
const inHex = (digest: Uint8Array) => Buffer.from(digest).toString('hex')
const expected = (offset: number, length: number) => inHex(XetHash.ofChunk(bytes.slice(offset, offset + length)))

test('behavior: every length around the limits of blocks, chunks and groups of chunks', () => {
  const limits = [0, 64, 1024, 2048, 3072, 4096, 5120, 7168, 8192, 9216, 65_536, 131_072, maxBytes]
  for (const length of limits.flatMap((limit) => [limit - 1, limit, limit + 1])) {
    if (length < 0 || length > maxBytes) continue
    expect(inHex(hash(5, length)), `${length} bytes`).toBe(expected(5, length))
  }
})

test('behavior: any length at any place is the keyed BLAKE3 of the bytes there', () => {
  fc.assert(
    fc.property(fc.nat(maxBytes), fc.nat(2 * maxBytes), (length, offset) => {
      expect(inHex(hash(offset, length))).toBe(expected(offset, length))
    }),
    { numRuns: 60 },
  )
})

test('error: more than it takes', () => {
  expect(() => hash(0, maxBytes + 1)).toThrow('At most 262144 bytes can be hashed, not 262145.')
})
