import { define, type Value } from './Struct.ts'

const struct = define('Delegate', {
  modelId: 'uint256',
  delegate: 'address',
  expiry: 'uint64',
  ownerEpoch: 'uint64',
})

/** The owner of `ownerEpoch` lets `delegate` publish until `expiry` (unix s); an expiry in the past takes it back. */
export type Delegate = Value<typeof struct.fields>
export const { type, schema, structHash, digest, parse, serialize } = struct
