import { define, type Value } from './Struct.ts'

const struct = define('Lock', {
  session: 'bytes32',
  provider: 'address',
  modelId: 'uint256',
  lane: 'uint32',
  add: 'uint256',
  maxCreatorBps: 'uint16',
  nonce: 'uint64',
  deadline: 'uint64',
})

/** Moves `add` µUSDC of the payer's free balance into a channel; signed by the session key, `deadline` in unix s. */
export type Lock = Value<typeof struct.fields>
export const { type, schema, structHash, digest, parse, serialize } = struct
