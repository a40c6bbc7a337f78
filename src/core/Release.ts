import { define, type Value } from './Struct.ts'

const struct = define('Release', {
  channelId: 'bytes32',
  spent: 'uint256',
  deadline: 'uint64',
})

/** A provider's agreement that `spent` is final, so the rest of the lock returns to the payer. */
export type Release = Value<typeof struct.fields>
export const { type, schema, structHash, digest, parse, serialize } = struct
