import { concat, fromHex, type Hex, utf8 } from './Bytes.ts'
import { keccak256, keccakBytes } from './Hash.ts'
import { hash } from './Json.ts'

/** keccak256(payer ‖ keccak256(idempotency key)): one job for one key of one payer, however often it is sent. */
export const id = (payer: Hex, idempotencyKey: string): Hex =>
  keccak256(concat(fromHex(payer), keccakBytes(utf8(idempotencyKey))))

/** keccak256(salt ‖ hash of the canonical request); the salt keeps short prompts from being guessed. */
export const requestHash = (salt: Hex, request: unknown): Hex =>
  keccak256(concat(fromHex(salt), fromHex(hash(request))))

/** keccak256(jobId ‖ offerHash ‖ requestHash): what a voucher says it pays for. */
export const context = (jobId: Hex, offerHash: Hex, request: Hex): Hex =>
  keccak256(concat(fromHex(jobId), fromHex(offerHash), fromHex(request)))
