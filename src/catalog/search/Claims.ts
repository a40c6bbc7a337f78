import { type SQL, sql } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { rowsOrNone } from '../Onchain.ts'
import * as ChainCursor from './ChainCursor.ts'
import * as Names from './Names.ts'

/** A provider's claim of what receipts say, as the chain booked it. Money in µUSDC. */
export type Claim = {
  id: string
  channelId: string
  provider: string
  payer: string | null
  /** Key of the model where it is public here. */
  model: string | null
  modelId: string
  batchRoot: string
  seqFrom: string
  seqTo: string
  jobs: string
  amount: string
  providerAmount: string
  modelAmount: string
  feeAmount: string
  /** Unix seconds. */
  at: string
  block: string
  tx: string
}

export type Filter = {
  modelId?: bigint | undefined
  provider?: string | undefined
  payer?: string | undefined
  batchRoot?: string | undefined
}

/** A page of claims, the newest first; none where no indexer runs. Throws `BadCursor`. */
export const list = async (
  db: Db,
  filter: Filter,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<{ claims: Claim[]; next: string | null }> => {
  const after = ChainCursor.beyond(ChainCursor.parse(cursor), sql`c.block`, sql`c.id`)
  const rows = await read(db, [...conditions(filter), after], limit + 1)
  const page = ChainCursor.page(rows, limit, ({ block, id }) => ({ at: block, id }))
  return { claims: await named(db, page.rows), next: page.next }
}

const conditions = ({ modelId, provider, payer, batchRoot }: Filter): SQL[] => [
  ...(modelId === undefined ? [] : [sql`c.model_id = ${modelId.toString()}::numeric`]),
  ...(provider === undefined ? [] : [sql`c.provider = ${provider.toLowerCase()}`]),
  ...(payer === undefined ? [] : [sql`ch.payer = ${payer.toLowerCase()}`]),
  ...(batchRoot === undefined ? [] : [sql`c.batch_root = ${batchRoot.toLowerCase()}`]),
]

const read = (db: Db, where: SQL[], limit: number): Promise<Claim[]> =>
  rowsOrNone<Claim>(
    db,
    'onchain.claim',
    sql`select c.id, c.channel_id as "channelId", c.provider, ch.payer, m.repo as model, c.model_id::text as "modelId",
      c.batch_root as "batchRoot", c.seq_from::text as "seqFrom", c.seq_to::text as "seqTo",
      (c.seq_to - c.seq_from + 1)::text as jobs, c.delta::text as amount, c.provider_amount::text as "providerAmount",
      c.model_amount::text as "modelAmount", c.fee_amount::text as "feeAmount", c.at::text as at, c.block::text as block,
      c.tx_hash as tx
      from onchain.claim c left join onchain.channel ch on ch.id = c.channel_id left join onchain.model m on m.id = c.model_id
      where ${sql.join(where, sql` and `)} order by c.block desc, c.id desc limit ${limit}`,
  )

const named = async (db: Db, claims: Claim[]): Promise<Claim[]> => {
  const keys = await Names.publicKeys(
    db,
    claims.map(({ model }) => model),
  )
  return claims.map((claim) => ({
    ...claim,
    model: claim.model !== null && keys.has(claim.model) ? claim.model : null,
  }))
}

/** Where a batch of receipts was said to be. */
export type BatchPlace = { provider: string; root: string; cid: string; at: string; tx: string }

const maxPlaces = 50

/** Places of batches, the newest first. */
export const batches = (db: Db, filter: { root: string } | { provider: string }): Promise<BatchPlace[]> =>
  rowsOrNone<BatchPlace>(
    db,
    'onchain.batch',
    sql`select provider, batch_root as root, batch_cid as cid, at::text as at, tx_hash as tx from onchain.batch
      where ${'root' in filter ? sql`batch_root = ${filter.root.toLowerCase()}` : sql`provider = ${filter.provider.toLowerCase()}`}
      order by block desc, id desc limit ${maxPlaces}`,
  )

/** Sums over all claims of a batch. */
export const sums = async (db: Db, root: string): Promise<{ claims: number; jobs: string; amount: string }> => {
  const rows = await rowsOrNone<{ claims: number; jobs: string; amount: string }>(
    db,
    'onchain.claim',
    sql`select count(*)::int as claims, coalesce(sum(seq_to - seq_from + 1), 0)::text as jobs,
      coalesce(sum(delta), 0)::text as amount from onchain.claim where batch_root = ${root.toLowerCase()}`,
  )
  return rows[0] ?? { claims: 0, jobs: '0', amount: '0' }
}
