import { define, type Value } from './Struct.ts'

const struct = define('Claim', {
  channelId: 'bytes32',
  seq: 'uint64',
  spent: 'uint256',
  batchRoot: 'bytes32',
})

/** A provider's claim of the running total `spent` (µUSDC) on a channel, with the batch that holds its receipts. */
export type Claim = Value<typeof struct.fields>
export const { type, schema, structHash, digest, parse, serialize } = struct
