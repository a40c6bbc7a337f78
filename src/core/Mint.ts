import { define, type Value } from './Struct.ts'

const struct = define('Mint', {
  repo: 'string',
  manifestCid: 'bytes',
  root: 'bytes32',
  fileCount: 'uint64',
  owner: 'address',
  creators: 'address[]',
  shares: 'uint16[]',
  creatorBps: 'uint16',
  creatorShareBps: 'uint16',
  royaltyBps: 'uint16',
  deadline: 'uint64',
})

/** The first publish: claims the namespace if free, mints the model NFT to `owner` and anchors version 1. `shares` of `creators` sum to 10,000. */
export type Mint = Value<typeof struct.fields>
export const { type, schema, structHash, digest, parse, serialize } = struct
