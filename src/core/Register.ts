import { define, type Value } from './Struct.ts'

const struct = define('Register', {
  provider: 'address',
  url: 'string',
  nonce: 'uint64',
  deadline: 'uint64',
})

/** A provider's public address on the network. */
export type Register = Value<typeof struct.fields>
export const { type, schema, structHash, digest, parse, serialize } = struct
