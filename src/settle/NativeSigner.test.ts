import fc from 'fast-check'
import { recoverAddress } from 'viem'
import { privateKeyToAccount, sign } from 'viem/accounts'
import { expect, test } from 'vitest'
import type { Hex } from '../core/index.ts'
import * as NativeSigner from './NativeSigner.ts'

const key: Hex = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const digest: Hex = `0x${'5a'.repeat(32)}`

test('behavior: the same address and signature as viem, deterministically (RFC 6979)', async () => {
  const signer = NativeSigner.from(key)
  expect(signer.address).toBe(privateKeyToAccount(key).address.toLowerCase())
  expect(signer.sign(digest)).toBe(await sign({ hash: digest, privateKey: key, to: 'hex' }))
  expect(signer.sign(digest)).toBe(signer.sign(digest))
})

test('behavior: any digest is recovered, here and by viem', async () => {
  const signer = NativeSigner.from(key)
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), async (bytes) => {
      const any: Hex = `0x${Buffer.from(bytes).toString('hex')}`
      const signature = signer.sign(any)
      expect(NativeSigner.recover(any, signature)).toBe(signer.address)
      expect((await recoverAddress({ hash: any, signature })).toLowerCase()).toBe(signer.address)
    }),
    { numRuns: 50 },
  )
})

test('error: malleable, short and foreign signatures', () => {
  const signature = NativeSigner.from(key).sign(digest)
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const highS = (order - BigInt(`0x${signature.slice(66, 130)}`)).toString(16).padStart(64, '0')
  const flipped = signature.endsWith('1b') ? '1c' : '1b'
  expect(() => NativeSigner.recover(digest, `${signature.slice(0, 66)}${highS}${flipped}` as Hex)).toThrow(
    'This signature cannot be accepted: its s is in the upper half.',
  )
  expect(() => NativeSigner.recover(digest, signature.slice(0, -2) as Hex)).toThrow(
    'This signature cannot be accepted: it is not 65 bytes ending in 27 or 28.',
  )
  expect(() => NativeSigner.recover(digest, `${signature.slice(0, -2)}00` as Hex)).toThrow('27 or 28')
  expect(() => NativeSigner.recover(digest, `0x${'00'.repeat(64)}1b`)).toThrow('no public key fits it')
})

test('error: a private key of zero', () => {
  expect(() => NativeSigner.from(`0x${'0'.repeat(64)}`)).toThrow('A private key must be 32 bytes')
})

test('error: recover never throws anything untyped', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 60, maxLength: 70 }), (bytes) => {
      try {
        NativeSigner.recover(digest, `0x${Buffer.from(bytes).toString('hex')}`)
      } catch (error) {
        expect(error).toBeInstanceOf(NativeSigner.BadSignature)
      }
    }),
  )
})
