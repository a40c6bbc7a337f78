import { BadInput } from './errors.ts'
import { define, type Value } from './Struct.ts'

const struct = define('PullReceipt', {
  repo: 'string',
  versionRoot: 'bytes32',
  puller: 'address',
  tag: 'bytes32',
  day: 'uint32',
})

/** The name under which receipts are exchanged. */
export const format = 'dehug.pull.v1'

/**
 * One person pulled and checked one version on one UTC day (`dehug.pull.v1`). People with a wallet are `puller` and sign;
 * for others the hub signs, and `tag` stands for the person on that day and version only. The one that is not used is zero.
 */
export type PullReceipt = Value<typeof struct.fields>
export const { type, schema, structHash, digest, serialize } = struct

/** Who signed: the puller's own wallet, or the hub for an account that has none. */
export type By = 'wallet' | 'hub'

const isZero = (hex: string) => /^0x0+$/.test(hex)

/** From plain JSON. Throws `BadInput`, also where both or none of `puller` and `tag` are set. */
export const parse = (json: unknown): PullReceipt => {
  const receipt = struct.parse(json)
  if (isZero(receipt.puller) !== isZero(receipt.tag)) return receipt
  throw new BadInput('A pull receipt names either a wallet or a tag.', { code: 'bad_pullreceipt' })
}

export const by = (receipt: PullReceipt): By => (isZero(receipt.puller) ? 'hub' : 'wallet')

export const noPuller = `0x${'0'.repeat(40)}` as const
export const noTag = `0x${'0'.repeat(64)}` as const

/** The UTC day of a time in milliseconds: days since 1970-01-01. */
export const dayOf = (timeMs: number): number => Math.floor(timeMs / 86_400_000)
