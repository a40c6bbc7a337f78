import { define, type Value } from './Struct.ts'

const struct = define('Voucher', {
  channelId: 'bytes32',
  n: 'uint64',
  ceiling: 'uint256',
  context: 'bytes32',
})

/** A cumulative ceiling in µUSDC on a channel, signed by the session key before the work; it never falls. */
export type Voucher = Value<typeof struct.fields>
export const { type, schema, structHash, digest, parse, serialize } = struct
