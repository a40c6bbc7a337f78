import { secp256k1 } from '@noble/curves/secp256k1.js'
import { BadInput, Bytes, Hash, type Hex, type Signer, VerificationFailed } from '../core/index.ts'

/** A signer whose key stays in this process; runs in browsers too. Throws {@link InvalidPrivateKey}. */
export function from(privateKey: string): Signer {
  const key = parseKey(privateKey)
  return {
    address: addressOf(secp256k1.getPublicKey(key, false)),
    sign: (digest) => signWith(key, digest),
  }
}

/** A fresh private key; `random` must be cryptographic (defaults to the platform's). */
export function randomKey(random: (bytes: number) => Uint8Array = platformRandom): Hex {
  for (;;) {
    const key = random(32)
    if (secp256k1.utils.isValidSecretKey(key)) return Bytes.toHex(key)
  }
}

/** The lower-case address that signed `digest`. Throws `VerificationFailed` on a malformed signature or a high s (EIP-2). */
export function recover(digest: Hex, signature: Hex): Hex {
  const bytes = Bytes.fromHex(signature)
  const v = bytes[64]
  if (bytes.length !== 65 || (v !== 27 && v !== 28)) throw badSignature('expected 65 bytes that end in 27 or 28')
  try {
    const recovered = Bytes.concat(Uint8Array.of(v - 27), bytes.subarray(0, 64))
    const parsed = secp256k1.Signature.fromBytes(recovered, 'recovered')
    if (parsed.hasHighS()) throw badSignature('its s is in the upper half of the curve order')
    return addressOf(parsed.recoverPublicKey(Bytes.fromHex(digest)).toBytes(false))
  } catch (cause) {
    if (cause instanceof VerificationFailed) throw cause
    throw badSignature('no key can have made it', cause)
  }
}

function signWith(key: Uint8Array, digest: Hex): Hex {
  const signed = secp256k1.sign(Bytes.fromHex(digest), key, { prehash: false, lowS: true, format: 'recovered' })
  return Bytes.toHex(Bytes.concat(signed.subarray(1), Uint8Array.of((signed[0] as number) + 27)))
}

function addressOf(publicKey: Uint8Array): Hex {
  return `0x${Hash.keccak256(publicKey.subarray(1)).slice(-40)}`
}

function parseKey(text: string): Uint8Array {
  if (!/^(0x)?[0-9a-fA-F]{64}$/.test(text)) throw new InvalidPrivateKey()
  const key = Bytes.fromHex(text)
  if (!secp256k1.utils.isValidSecretKey(key)) throw new InvalidPrivateKey()
  return key
}

const platformRandom = (bytes: number) => globalThis.crypto.getRandomValues(new Uint8Array(bytes))

const badSignature = (why: string, cause?: unknown) =>
  new VerificationFailed(`This is not a usable signature: ${why}.`, { code: 'bad_signature', cause })

/** A private key is not 32 bytes of hexadecimal within the curve order; its text is never repeated. */
export class InvalidPrivateKey extends BadInput {
  constructor() {
    super('This is not a secp256k1 private key: expected 64 hexadecimal digits.', {
      code: 'invalid_private_key',
      hint: 'Set DEHUG_PRIVATE_KEY to 0x and 64 hexadecimal digits, or run `dehug login` to make a key.',
    })
  }
}
