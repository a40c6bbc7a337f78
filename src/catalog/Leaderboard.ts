import { sql } from 'drizzle-orm'
import { type Hex, PullReceipt } from '../core/index.ts'
import type { Db } from './database.ts'
import { rowsOrNone } from './Onchain.ts'
import * as Pull from './Pull.ts'

/** What a list looks at: settled things of this time span, at most this many. */
export type Span = { from: number; to: number; limit: number }

export const periods = { '7d': 7, '30d': 30, all: undefined } as const
export type Period = keyof typeof periods

/** The last days up to now, in unix seconds. */
export const spanOf = (period: Period, now: Date, limit: number): Span => {
  const to = Math.floor(now.getTime() / 1000) + 1
  const days = periods[period]
  return { from: days === undefined ? 0 : to - days * 86_400, to, limit }
}

const named = sql`left join catalog.accounts a on a.address = x.address`

export type Creator = {
  address: Hex
  name: string | null
  fullname: string | null
  models: number
  revenueMicroUsdc: string
}

/** Creators and holders by what the revenue ledger booked for them; shares are those of now. */
export const creators = (db: Db, { from, to, limit }: Span): Promise<Creator[]> =>
  rowsOrNone<Creator>(
    db,
    'onchain.credit',
    sql`with parts as (
        select s.creator as address, c.model_id, c.creator_amount * s.share_bps / 10000 as amount
        from onchain.credit c join onchain.creator_share s on s.model_id = c.model_id where c.at >= ${from} and c.at < ${to}
        union all select c.holder, c.model_id, c.holder_amount from onchain.credit c where c.at >= ${from} and c.at < ${to}),
      x as (select address, count(distinct model_id)::int as models, floor(sum(amount)) as amount from parts group by address)
      select x.address, a.name, a.fullname, x.models, x.amount::text as "revenueMicroUsdc"
      from x ${named} where x.amount > 0 order by x.amount desc, x.address limit ${limit}`,
  )

export type Provider = {
  address: Hex
  name: string | null
  url: string
  jobs: number
  revenueMicroUsdc: string
  stakeMicroUsdc: string
  lastClaimAt: number
  activeDays: number
  firstDay: number
}

/** Providers by the jobs that were settled, then by what they earned with them. */
export const providers = (db: Db, { from, to, limit }: Span): Promise<Provider[]> =>
  rowsOrNone<Provider>(
    db,
    'onchain.claim',
    sql`with x as (select provider as address, sum(seq_to - seq_from + 1) as jobs, sum(provider_amount) as amount, max(at) as last,
        count(distinct floor(at / 86400))::int as days, min(floor(at / 86400))::int as first
        from onchain.claim where at >= ${from} and at < ${to} group by provider)
      select x.address, a.name, coalesce(p.url, '') as url, x.jobs::float8 as jobs, x.amount::text as "revenueMicroUsdc",
        coalesce(p.stake, 0)::text as "stakeMicroUsdc", x.last::int as "lastClaimAt", x.days as "activeDays", x.first as "firstDay"
      from x ${named} left join onchain.provider p on p.address = x.address
      order by x.jobs desc, x.amount desc, x.address limit ${limit}`,
  )

/** Providers with an offer that is valid now, as the gateway on this database wrote down last. */
export const serving = async (db: Db): Promise<Set<Hex>> => {
  const rows = await rowsOrNone<{ provider: Hex }>(
    db,
    'gateway.serving',
    sql`select distinct provider from gateway.serving where valid_until > now()`,
  )
  return new Set(rows.map(({ provider }) => provider))
}

export type Model = {
  repo: string
  modelId: string
  jobs: number
  revenueMicroUsdc: string
  payers: number
  score: number
  verifiedPulls: number
}

type ModelRow = Omit<Model, 'verifiedPulls'> & { repo_id: string }

/** Public models by the points of their days, each counted whole, then by what was paid for them. */
export const models = async (db: Db, { from, to, limit }: Span, now: Date): Promise<Model[]> => {
  const [firstDay, lastDay] = [PullReceipt.dayOf(from * 1000), PullReceipt.dayOf(to * 1000)]
  const rows = await rowsOrNone<ModelRow>(
    db,
    'onchain.claim',
    sql`with used as (select cl.model_id, sum(cl.seq_to - cl.seq_from + 1) as jobs, sum(cl.delta) as amount, count(distinct ch.payer)::int as payers
          from onchain.claim cl left join onchain.channel ch on ch.id = cl.channel_id
          where cl.at >= ${from} and cl.at < ${to} group by cl.model_id),
        scored as (select repo_id, sum(points) as score from catalog.signal_days
          where day >= ${firstDay} and day <= ${lastDay} group by repo_id)
      select r.id as repo_id, r.key as repo, m.id::text as "modelId", coalesce(u.jobs, 0)::float8 as jobs,
        coalesce(u.amount, 0)::text as "revenueMicroUsdc", coalesce(u.payers, 0) as payers, coalesce(s.score, 0)::float8 as score
      from catalog.repos r join onchain.model_name n on n.repo = r.key join onchain.model m on m.id = n.model_id
        left join used u on u.model_id = m.id left join scored s on s.repo_id = r.id
      where r.visibility = 'public' and (u.jobs > 0 or s.score > 0)
      order by coalesce(s.score, 0) desc, coalesce(u.amount, 0) desc, r.key limit ${limit}`,
  )
  const ids = rows.map(({ repo_id }) => repo_id)
  const pulls = await Pull.recent(db, ids, now)
  return rows.map(({ repo_id, ...row }) => ({ ...row, verifiedPulls: pulls.get(repo_id) ?? 0 }))
}
