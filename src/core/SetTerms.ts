import { define, type Value } from './Struct.ts'

const struct = define('SetTerms', {
  modelId: 'uint256',
  creatorBps: 'uint16',
  termsHash: 'bytes32',
  ownerEpoch: 'uint64',
  nonce: 'uint64',
  deadline: 'uint64',
})

/** The owner's new price terms: the model's part of each fee and the hash of the terms document. */
export type SetTerms = Value<typeof struct.fields>
export const { type, schema, structHash, digest, parse, serialize } = struct
