import { define, type Value } from './Struct.ts'

const struct = define('Withdraw', {
  payer: 'address',
  to: 'address',
  amount: 'uint256',
  nonce: 'uint64',
  deadline: 'uint64',
})

/** A payer's withdrawal of free balance. */
export type Withdraw = Value<typeof struct.fields>
export const { type, schema, structHash, digest, parse, serialize } = struct
