import { define, type Value } from './Struct.ts'

const struct = define('WithdrawCredit', {
  account: 'address',
  to: 'address',
  amount: 'uint256',
  nonce: 'uint64',
  deadline: 'uint64',
})

/** A provider's withdrawal of earned credit from the usage controller. */
export type WithdrawCredit = Value<typeof struct.fields>
export const { type, schema, structHash, digest, parse, serialize } = struct
