import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { fromBigInt, type Hex, toBigInt, toHex, utf8 } from './Bytes.ts'
import { NotAuthenticated } from './errors.ts'

const prefix = 'sk-dehug-'
const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

/** An inference key from 32 random bytes: `sk-dehug-` and 43 base64url characters. */
export function from(random: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...random))
  return prefix + base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** Whether a text has the form of an inference key. */
export const isApiKey = (text: string): boolean => /^sk-dehug-[A-Za-z0-9_-]{43}$/.test(text)

/**
 * The secp256k1 private key that pays for this API key's requests: HKDF-SHA256 (RFC 5869) of its 32 bytes, 48 bytes
 * reduced to the curve's order so that the bias is negligible. Throws `NotAuthenticated` on a text of another form.
 */
export function sessionKey(apiKey: string): Hex {
  if (!isApiKey(apiKey)) throw new BadApiKey()
  const base64 = apiKey.slice(prefix.length).replaceAll('-', '+').replaceAll('_', '/')
  const secret = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
  const wide = toBigInt(hkdf(sha256, secret, utf8('dehug'), utf8('session/v1'), 48))
  return toHex(fromBigInt((wide % (order - 1n)) + 1n, 32))
}

/** A text that is no inference key. */
export class BadApiKey extends NotAuthenticated {
  constructor() {
    super('The API key is not valid: expected "sk-dehug-" and 43 characters.', {
      code: 'invalid_api_key',
      hint: 'Make one with "dehug channel fund".',
    })
  }
}
