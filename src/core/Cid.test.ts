import { sha256 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { base36 } from 'multiformats/bases/base36'
import { CID } from 'multiformats/cid'
import { describe, expect, test } from 'vitest'
import * as Cid from './Cid.ts'

const hello = 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'

describe('Cid', () => {
  test('behavior: a raw CID of "hello world" has its well-known text and 36 bytes', () => {
    const cid = Cid.ofRaw(sha256(new TextEncoder().encode('hello world')))
    expect(Cid.toString(cid)).toBe(hello)
    expect(Cid.bytes(hello).length).toBe(36)
    expect(Cid.fromBytes(Cid.bytes(cid))).toEqual(cid)
  })

  test('behavior: every text form of one CID becomes the canonical one', () => {
    const v0 = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn'
    const v1 = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354'
    expect(Cid.toString(v0)).toBe(v1)
    expect(Cid.toString(CID.parse(hello).toString(base36))).toBe(hello)
    expect(Cid.equals(v0, v1)).toBe(true)
    expect(Cid.isCanonical(v1)).toBe(true)
    expect(Cid.isCanonical(v0)).toBe(false)
  })

  test('behavior: agrees with multiformats for any digest', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.constantFrom('raw', 'dag-pb'),
        (digest, codec) => {
          const cid = Cid.from(codec as Cid.Codec, digest)
          const text = Cid.toString(cid)
          expect(CID.parse(text).bytes).toEqual(Cid.bytes(cid))
          expect(Cid.parse(text)).toEqual(cid)
        },
      ),
    )
  })

  test('error: text that is no CID, another codec, another hash, an identity CID', () => {
    expect(() => Cid.parse('hello')).toThrow('"hello" is not a CID.')
    expect(() => Cid.parse('bafkqaaa')).toThrow('bafkqaaa uses hash 0x0; only SHA-256 (0x12) is used here.')
    expect(() => Cid.parse(CID.createV1(0x71, CID.parse(hello).multihash).toString())).toThrow('uses codec 0x71')
    expect(() => Cid.parse('b'.repeat(10_000))).toThrow('at most 128 characters')
    expect(() => Cid.ofRaw(new Uint8Array(31))).toThrow('A SHA-256 digest has 32 bytes, not 31.')
    expect(() => Cid.fromBytes(new Uint8Array([1, 0x55]))).toThrow(Cid.InvalidCid)
  })

  test('error: no text or bytes make the parser fail in another way', () => {
    const text = fc.oneof(
      fc.string(),
      fc.tuple(fc.constantFrom('b', 'z', 'k', 'Qm', 'f', 'bafk', 'bafy'), fc.string()).map((parts) => parts.join('')),
      fc
        .tuple(fc.nat(58), fc.string({ minLength: 1, maxLength: 1 }))
        .map(([at, c]) => hello.slice(0, at) + c + hello.slice(at + 1)),
    )
    fc.assert(
      fc.property(text, (given) => {
        try {
          expect(Cid.toString(Cid.parse(given))).toMatch(/^baf[ky]/)
        } catch (error) {
          expect(error).toBeInstanceOf(Cid.InvalidCid)
        }
      }),
      { numRuns: 3000 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (given) => {
        try {
          Cid.fromBytes(given)
        } catch (error) {
          expect(error).toBeInstanceOf(Cid.InvalidCid)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
