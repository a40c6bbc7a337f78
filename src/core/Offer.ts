import { define, type Value } from './Struct.ts'

const struct = define('Offer', {
  provider: 'address',
  modelId: 'uint256',
  versionRoot: 'bytes32',
  priceIn: 'uint256',
  priceOut: 'uint256',
  priceMs: 'uint256',
  priceCall: 'uint256',
  maxIn: 'uint64',
  maxOut: 'uint64',
  maxMs: 'uint64',
  validUntil: 'uint64',
  jobSecs: 'uint32',
})

/** A provider's signed prices (µUSDC per 10⁶ units; `priceCall` µUSDC a call) and limits for one version, until `validUntil` (unix s). */
export type Offer = Value<typeof struct.fields>
export const { type, schema, structHash, digest, parse, serialize } = struct
