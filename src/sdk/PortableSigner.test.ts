import fc from 'fast-check'
import { privateKeyToAccount } from 'viem/accounts'
import { expect, test } from 'vitest'
import { Hash, type Hex } from '../core/index.ts'
import * as PortableSigner from './PortableSigner.ts'

const key = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((b) => `0x${Buffer.from(b).toString('hex')}` as Hex)

test('behavior: signs exactly as viem does, with a lower-case address', async () => {
  const signer = PortableSigner.from(key)
  const account = privateKeyToAccount(key)
  const digest = Hash.keccak256('0x1234')
  expect(signer.address).toBe(account.address.toLowerCase())
  expect(await signer.sign(digest)).toBe(await account.sign({ hash: digest }))
})

test('behavior: any digest signed by any key recovers to its address', async () => {
  await fc.assert(
    fc.asyncProperty(hex(32), async (digest) => {
      const signer = PortableSigner.from(PortableSigner.randomKey())
      expect(PortableSigner.recover(digest, await signer.sign(digest))).toBe(signer.address)
    }),
    { numRuns: 20 },
  )
})

test('error: a high s is refused although the mathematics would accept it', async () => {
  const digest = Hash.keccak256('0x01')
  const signature = await PortableSigner.from(key).sign(digest)
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const s = order - BigInt(`0x${signature.slice(66, 130)}`)
  const v = signature.endsWith('1b') ? '1c' : '1b'
  const mirrored = `${signature.slice(0, 66)}${s.toString(16).padStart(64, '0')}${v}` as Hex
  expect(() => PortableSigner.recover(digest, mirrored)).toThrow('upper half of the curve order')
})

test('error: noise is never recovered to anything but an address or a typed refusal', () => {
  fc.assert(
    fc.property(hex(32), fc.oneof(hex(65), hex(64), hex(0)), (digest, signature) => {
      try {
        expect(PortableSigner.recover(digest, signature)).toMatch(/^0x[0-9a-f]{40}$/)
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad_signature' })
      }
    }),
    { numRuns: 50 },
  )
})

test('error: a bad private key is not repeated in the message', () => {
  expect(() => PortableSigner.from('0x0secret')).toThrowErrorMatchingInlineSnapshot(
    `[InvalidPrivateKey: This is not a secp256k1 private key: expected 64 hexadecimal digits.]`,
  )
  expect(() => PortableSigner.from(`0x${'0'.repeat(64)}`)).toThrow('secp256k1')
})
