import { z } from 'zod'
import { concat, fromBigInt, fromHex, type Hex } from './Bytes.ts'
import { BadInput } from './errors.ts'
import { keccak256 } from './Hash.ts'
import * as Json from './Json.ts'
import * as Merkle from './Merkle.ts'
import type { Receipt } from './Receipt.ts'
import { parseWith } from './Struct.ts'

const bytes32 = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/)
  .transform((text) => text as Hex)
const decimal = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,77})$/)
  .transform(BigInt)

const entry = z.strictObject({
  tag: bytes32,
  modelId: decimal,
  versionRoot: bytes32,
  engine: bytes32,
  status: z.int().min(0).max(255),
  unitsIn: decimal,
  unitsOut: decimal,
  unitsMs: decimal,
  fee: decimal,
  /** Unix seconds, rounded down to the hour. */
  hour: z.int().min(0),
  commit: bytes32,
})

const claim = z.strictObject({ channelId: bytes32, modelId: decimal, seqFrom: decimal, seqTo: decimal, delta: decimal })

export const schema = z.strictObject({
  schema: z.literal('dehug.batch.v1'),
  provider: z
    .string()
    .regex(/^0x[0-9a-f]{40}$/)
    .transform((text) => text as Hex),
  entries: z.array(entry),
  claims: z.array(claim).min(1),
})

/** One receipt as the public sees it: no channel, no payer, no exact time. */
export type Entry = z.infer<typeof entry>
/** What a batch claims on one channel: receipts `seqFrom` < seq ≤ `seqTo` are worth `delta` µUSDC. */
export type ClaimRow = z.infer<typeof claim>
/** Receipts of one provider that are settled together (`dehug.batch.v1`). */
export type Batch = z.infer<typeof schema>

const hourMs = 3_600_000n

/** The public form of a receipt. `salt` is known to payer and provider alone, so only they can open the commitment. */
export function entryOf(receipt: Receipt, facts: { modelId: bigint; salt: Hex; receiptDigest: Hex }): Entry {
  const salt = fromHex(facts.salt)
  return {
    tag: keccak256(concat(salt, fromHex(receipt.channelId), fromBigInt(receipt.seq, 8))),
    modelId: facts.modelId,
    versionRoot: receipt.versionRoot,
    engine: receipt.engine,
    status: receipt.status,
    unitsIn: receipt.unitsIn,
    unitsOut: receipt.unitsOut,
    unitsMs: receipt.unitsMs,
    fee: receipt.fee,
    hour: Number((receipt.finishedAt / hourMs) * 3600n),
    commit: keccak256(concat(salt, fromHex(facts.receiptDigest))),
  }
}

/** Sorts and checks. Throws `BadInput` when, for a model, the fees are not what is claimed. */
export function from(input: Omit<Batch, 'schema'>): Batch {
  return check({
    schema: 'dehug.batch.v1',
    provider: input.provider,
    entries: [...input.entries].sort((a, b) => (a.tag < b.tag ? -1 : 1)),
    claims: [...input.claims].sort((a, b) => (a.channelId < b.channelId ? -1 : 1)),
  })
}

/** Merkle root over all entries and claim rows. */
export const root = (batch: Batch): Hex => Merkle.root(leaves(batch))

/** Sibling hashes that prove one entry. */
export const proof = (batch: Batch, of: Entry): Hex[] => Merkle.proof(leaves(batch), entryLeaf(of))

/** The canonical text that is stored and whose CID is posted with the claim. */
export const serialize = (batch: Batch): string =>
  Json.canonical(
    JSON.parse(JSON.stringify(batch, (_, value) => (typeof value === 'bigint' ? value.toString() : value))),
  )

/** Reads a blob and checks it. Throws `BadInput`. */
export const parse = (text: string): Batch => check(parseWith(schema, Json.parse(text, { what: 'batch' }), 'batch'))

/** Leaf of an entry: its fields in the order of the type, with OpenZeppelin's double hash. */
export const entryLeaf = (of: Entry): Hex =>
  Merkle.leaf([
    { type: 'bytes32', value: of.tag },
    { type: 'uint', value: of.modelId },
    { type: 'bytes32', value: of.versionRoot },
    { type: 'bytes32', value: of.engine },
    { type: 'uint', value: of.status },
    { type: 'uint', value: of.unitsIn },
    { type: 'uint', value: of.unitsOut },
    { type: 'uint', value: of.unitsMs },
    { type: 'uint', value: of.fee },
    { type: 'uint', value: of.hour },
    { type: 'bytes32', value: of.commit },
  ])

/** Leaf of a claim row; shorter than an entry's, so the one cannot pass for the other. */
export const claimLeaf = (of: ClaimRow): Hex =>
  Merkle.leaf([
    { type: 'bytes32', value: of.channelId },
    { type: 'uint', value: of.modelId },
    { type: 'uint', value: of.seqFrom },
    { type: 'uint', value: of.seqTo },
    { type: 'uint', value: of.delta },
  ])

const leaves = (batch: Batch): Hex[] => [...batch.entries.map(entryLeaf), ...batch.claims.map(claimLeaf)]

/** Σ of a field by model. */
export function sumByModel(rows: readonly { modelId: bigint }[], amount: (row: never) => bigint): Map<bigint, bigint> {
  const sums = new Map<bigint, bigint>()
  for (const row of rows) sums.set(row.modelId, (sums.get(row.modelId) ?? 0n) + amount(row as never))
  return sums
}

function check(batch: Batch): Batch {
  const fees = sumByModel(batch.entries, (row: Entry) => row.fee)
  const claimed = sumByModel(batch.claims, (row: ClaimRow) => row.delta)
  for (const modelId of new Set([...fees.keys(), ...claimed.keys()])) {
    const [fee, delta] = [fees.get(modelId) ?? 0n, claimed.get(modelId) ?? 0n]
    if (fee !== delta) throw new BadBatch(`the fees of model ${modelId} add up to ${fee} and ${delta} is claimed`)
  }
  if (new Set(batch.entries.map(({ tag }) => tag)).size !== batch.entries.length)
    throw new BadBatch('an entry is there twice')
  if (new Set(batch.claims.map(({ channelId }) => channelId)).size !== batch.claims.length)
    throw new BadBatch('a channel is claimed twice')
  return batch
}

/** A batch that contradicts itself. */
export class BadBatch extends BadInput {
  constructor(why: string) {
    super(`The batch contradicts itself: ${why}.`, { code: 'bad_batch' })
  }
}
