import { define, type Value } from './Struct.ts'

const struct = define('Publish', {
  repo: 'string',
  manifestCid: 'bytes',
  root: 'bytes32',
  fileCount: 'uint64',
  parent: 'bytes32',
  ownerEpoch: 'uint64',
})

/** A later version on top of `parent` (the head's root), by the owner of `ownerEpoch` or a delegate. */
export type Publish = Value<typeof struct.fields>
export const { type, schema, structHash, digest, parse, serialize } = struct
