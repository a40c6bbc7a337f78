import { sql } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { rowsOrNone } from '../Onchain.ts'

/** What the chain says of a model's money, in µUSDC; times in unix seconds. */
export type Economics = {
  terms: { creatorBps: number; creatorShareBps: number; royaltyBps: number; termsHash: string | null }
  owner: string
  totals: { claimed: string; creator: string; holder: string; royalties: string; jobs: string }
  splits: { creator: string; shareBps: number }[]
  perDay: Day[]
  payouts: { id: string; account: string; to: string; amount: string; at: string; tx: string }[]
  transfers: { from: string; to: string; at: string; block: string; tx: string }[]
}

export type Day = {
  /** `2026-01-31`, UTC. */
  day: string
  claimed: string
  creator: string
  holder: string
  providers: string
  fees: string
  jobs: string
}

type Head = Economics['terms'] & Economics['totals'] & { owner: string }

/** Undefined where the model was not minted, or no indexer runs. */
export const of = async (db: Db, modelId: bigint, days: number, now: Date): Promise<Economics | undefined> => {
  const id = sql`${modelId.toString()}::numeric`
  const [head] = await rowsOrNone<Head>(
    db,
    'onchain.model',
    sql`select owner, creator_bps as "creatorBps", creator_share_bps as "creatorShareBps", royalty_bps as "royaltyBps",
      terms_hash as "termsHash", claimed::text, creator_total::text as creator, holder_total::text as holder,
      royalty_total::text as royalties, jobs::text from onchain.model where id = ${id}`,
  )
  if (!head) return undefined
  const { owner, creatorBps, creatorShareBps, royaltyBps, termsHash, ...totals } = head
  const since = Math.floor(now.getTime() / 86_400_000 - days + 1) * 86_400
  const [splits, perDay, payouts, transfers] = await Promise.all([
    rowsOrNone<Economics['splits'][number]>(
      db,
      'onchain.creator_share',
      sql`select creator, share_bps as "shareBps" from onchain.creator_share where model_id = ${id} and share_bps > 0
        order by share_bps desc, creator`,
    ),
    dailyOf(db, modelId, since),
    payoutsOf(db, modelId),
    rowsOrNone<Economics['transfers'][number]>(
      db,
      'onchain.transfer',
      sql`select "from", "to", at::text, block::text, tx_hash as tx from onchain.transfer where model_id = ${id}
        order by block desc, id desc limit 100`,
    ),
  ])
  return {
    terms: { creatorBps, creatorShareBps, royaltyBps, termsHash },
    owner,
    totals,
    splits,
    perDay,
    payouts,
    transfers,
  }
}

/** Claims and what the ledgers booked, by day; only days with any. */
const dailyOf = (db: Db, modelId: bigint, since: number): Promise<Day[]> => {
  const id = sql`${modelId.toString()}::numeric`
  return rowsOrNone<Day>(
    db,
    'onchain.claim',
    sql`select to_char(to_timestamp((day * 86400)::float8) at time zone 'UTC', 'YYYY-MM-DD') as day, sum(claimed)::text as claimed,
      sum(creator)::text as creator, sum(holder)::text as holder, sum(providers)::text as providers, sum(fees)::text as fees,
      sum(jobs)::text as jobs
      from (
        select div(at, 86400) as day, delta as claimed, 0::numeric as creator, 0::numeric as holder,
          provider_amount as providers, fee_amount as fees, seq_to - seq_from + 1 as jobs
        from onchain.claim where model_id = ${id} and at >= ${since}
        union all
        select div(at, 86400), 0, creator_amount, holder_amount, 0, 0, 0
        from onchain.credit where model_id = ${id} and at >= ${since}
      ) as rows group by rows.day order by rows.day`,
  )
}

const payoutsOf = (db: Db, modelId: bigint): Promise<Economics['payouts']> => {
  const id = sql`${modelId.toString()}::numeric`
  return rowsOrNone<Economics['payouts'][number]>(
    db,
    'onchain.withdrawal',
    sql`select id, account, "to", amount::text, at::text, tx_hash as tx from onchain.withdrawal
      where kind = 'revenue' and account in (select creator from onchain.creator_share where model_id = ${id}
        union select owner from onchain.model where id = ${id})
      order by at desc, id desc limit 50`,
  )
}
