import { define, type Value } from './Struct.ts'

const struct = define('Withdraw', {
  account: 'address',
  to: 'address',
  amount: 'uint256',
  nonce: 'uint64',
  deadline: 'uint64',
})

/** A creator's or holder's withdrawal from the revenue ledger (domain `DeHug Revenue`). */
export type RevenueWithdraw = Value<typeof struct.fields>
export const { type, schema, structHash, digest, parse, serialize } = struct
