import { define, type Value } from './Struct.ts'

const struct = define('Session', {
  payer: 'address',
  key: 'address',
  cap: 'uint256',
  expiry: 'uint64',
  modelsRoot: 'bytes32',
  salt: 'bytes32',
})

/** What a payer lets one key spend: at most `cap` µUSDC until `expiry` (unix s) on the models under `modelsRoot` (zero: any). Its struct hash is the session id. */
export type Session = Value<typeof struct.fields>
export const { type, schema, structHash, digest, parse, serialize } = struct
