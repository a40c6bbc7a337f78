import type { Hex } from './Bytes.ts'
import type { TypedData } from './Struct.ts'

/** Signs 32-byte digests with one secp256k1 key. Adapters decide where the key lives. */
export type Signer = {
  /** Lower-case address of the key. */
  readonly address: Hex
  /** 65 bytes r ‖ s ‖ v with low s and v 27 or 28. */
  sign(digest: Hex): Hex | Promise<Hex>
  /** Of wallets, which show people the message and never sign a bare digest. */
  signTyped?(typed: TypedData): Promise<Hex>
}

/** The lower-case address whose key signed `digest`; throws `VerificationFailed` when the signature is malformed or has a high s. */
export type Recover = (digest: Hex, signature: Hex) => Hex
