import secp256k1 from 'secp256k1'
import { Bytes, Hash, type Hex, type Recover, type Signer, VerificationFailed } from '../core/index.ts'

/** A {@link Signer} that answers at once; libsecp256k1 does the work (RFC 6979 nonces, so one digest has one signature). */
export type NativeSigner = Omit<Signer, 'sign'> & { sign(digest: Hex): Hex }

/** The signer of a private key of 32 bytes. Throws `BadPrivateKey`. */
export function from(privateKey: Hex): NativeSigner {
  const key = Bytes.fromHex(privateKey)
  if (key.length !== 32 || !secp256k1.privateKeyVerify(key)) throw new BadPrivateKey()
  const address = addressOf(secp256k1.publicKeyCreate(key, false))
  return {
    address,
    sign: (digest) => {
      const { signature, recid } = secp256k1.ecdsaSign(Bytes.fromHex(digest), key)
      const packed = new Uint8Array(65)
      packed.set(signature)
      packed[64] = 27 + recid
      return Bytes.toHex(packed)
    },
  }
}

/** Address whose key made a 65-byte low-s signature (v 27 or 28) over a digest (EIP-2). Throws `BadSignature`. */
export const recover: Recover = (digest, signature) => {
  const packed = Bytes.fromHex(signature)
  const v = packed[64]
  if (packed.length !== 65 || (v !== 27 && v !== 28)) throw new BadSignature('it is not 65 bytes ending in 27 or 28')
  if (Bytes.compare(packed.subarray(32, 64), halfOrder) > 0) throw new BadSignature('its s is in the upper half')
  try {
    return addressOf(secp256k1.ecdsaRecover(packed.subarray(0, 64), v - 27, Bytes.fromHex(digest), false))
  } catch (cause) {
    throw new BadSignature('no public key fits it', cause)
  }
}

const halfOrder = Bytes.fromHex('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0')

const addressOf = (publicKey: Uint8Array): Hex => Bytes.toHex(Hash.keccakBytes(publicKey.subarray(1)).subarray(12))

/** A private key is not a number between 1 and the order of secp256k1. */
export class BadPrivateKey extends VerificationFailed {
  constructor() {
    super('A private key must be 32 bytes and lie between 1 and the order of secp256k1.', { code: 'bad_private_key' })
  }
}

/** A signature is malformed or malleable. */
export class BadSignature extends VerificationFailed {
  constructor(reason: string, cause?: unknown) {
    super(`This signature cannot be accepted: ${reason}.`, {
      code: 'bad_signature',
      hint: 'Sign with a low s and v 27 or 28, as wallets do.',
      cause,
    })
  }
}
