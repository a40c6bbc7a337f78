import { sha256 as sha256Bytes } from '@noble/hashes/sha2.js'
import { createKeccak } from 'hash-wasm'
import { fromHex, type Hex, toHex } from './Bytes.ts'

// WebAssembly is nine times as fast as JavaScript here, and every paid request hashes about a dozen times on each side.
const keccak = await createKeccak(256)

const toBytes = (data: Uint8Array | Hex): Uint8Array => (typeof data === 'string' ? fromHex(data) : data)

/** Keccak-256, the hash of Ethereum (not NIST SHA3-256), of bytes or of the bytes behind a `Hex`. */
export const keccak256 = (data: Uint8Array | Hex): Hex => toHex(keccakBytes(toBytes(data)))

/** Keccak-256 as 32 bytes. */
export const keccakBytes = (data: Uint8Array): Uint8Array => keccak.init().update(data).digest('binary')

/** SHA-256 (FIPS 180-4). */
export const sha256 = (data: Uint8Array | Hex): Hex => toHex(sha256Bytes(toBytes(data)))
