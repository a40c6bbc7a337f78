import { define, type Value } from './Struct.ts'

const struct = define('RequestClose', {
  channelId: 'bytes32',
  deadline: 'uint64',
})

/** The payer's or session key's wish to close a channel. */
export type RequestClose = Value<typeof struct.fields>
export const { type, schema, structHash, digest, parse, serialize } = struct
