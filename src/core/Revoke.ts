import { define, type Value } from './Struct.ts'

const struct = define('Revoke', {
  session: 'bytes32',
  deadline: 'uint64',
})

/** The payer's revocation of a session. */
export type Revoke = Value<typeof struct.fields>
export const { type, schema, structHash, digest, parse, serialize } = struct
