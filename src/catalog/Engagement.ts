import { eq, type SQL, sql } from 'drizzle-orm'
import { type Hex, PullReceipt, Signals } from '../core/index.ts'
import type { Db } from './database.ts'
import { rowsOrNone } from './Onchain.ts'
import * as Trending from './Trending.ts'
import { progress } from './tables/index.ts'

/** Entries of each kind that a day may have; more are left out, the oldest first come. */
export const mostEntries = 50_000

export type PullEntry = Signals.Pull & { signer: Hex; signature: Hex }
export type UsageEntry = Signals.Usage & { repo: string }
export type LikeEntry = Signals.Like & { repo: string }

/** Everything that a UTC day's scores come from, as anyone may see it. */
export type Day = { epoch: number; pulls: PullEntry[]; usage: UsageEntry[]; likes: LikeEntry[] }

const secondsOf = (day: number) => day * 86_400

/** Whether a wallet paid enough protocol fees, for whatever models, before the end of the day. */
const paidBy = (wallet: ReturnType<typeof sql>, day: number) => sql`(
  select coalesce(sum(cl.fee_amount), 0) from onchain.channel ch join onchain.claim cl on cl.channel_id = ch.id
  where ch.payer = ${wallet} and cl.at < ${secondsOf(day + 1)}) >= ${Signals.weights.paidFromMicroUsdc}`

/** The inputs of a day: public repositories that are minted. None while no indexer runs on this database. */
export const day = async (db: Db, epoch: number): Promise<Day> => {
  const [pulls, usage, likes] = await Promise.all([pullsOf(db, epoch), usageOf(db, epoch), likesOf(db, epoch)])
  return { epoch, pulls, usage, likes }
}

type PullRow = {
  repo: string
  root: Hex
  person: Hex
  by: PullReceipt.By
  signer: Hex
  signature: Hex
  model_id: string
  paid: boolean
}

const pullsOf = async (db: Db, epoch: number): Promise<PullEntry[]> => {
  const rows = await rowsOrNone<PullRow>(
    db,
    'onchain.model_name',
    sql`select p.repo, p.root, p.person, p.by, p.signer, p.signature, n.model_id::text,
        p.by = 'wallet' and ${paidBy(sql`p.signer`, epoch)} as paid
      from catalog.pulls p join catalog.repos r on r.id = p.repo_id join onchain.model_name n on n.repo = p.repo
      where p.day = ${epoch} and r.visibility = 'public' order by p.created_at, p.person, p.root limit ${mostEntries}`,
  )
  return rows.map((row) => ({
    modelId: BigInt(row.model_id),
    receipt: {
      ...{ repo: row.repo, versionRoot: row.root, day: epoch },
      puller: row.by === 'wallet' ? row.signer : PullReceipt.noPuller,
      tag: row.by === 'wallet' ? PullReceipt.noTag : row.person,
    },
    ...{ paid: row.paid, signer: row.signer, signature: row.signature },
  }))
}

const usageOf = async (db: Db, epoch: number): Promise<UsageEntry[]> => {
  const rows = await rowsOrNone<{ channel: Hex; model_id: string; payer: Hex; fee: string; repo: string }>(
    db,
    'onchain.claim',
    sql`select cl.channel_id as channel, cl.model_id::text, ch.payer, sum(cl.fee_amount)::text as fee, m.repo
      from onchain.claim cl join onchain.channel ch on ch.id = cl.channel_id join onchain.model m on m.id = cl.model_id
      where cl.at >= ${secondsOf(epoch)} and cl.at < ${secondsOf(epoch + 1)} and ch.payer is not null
      group by cl.channel_id, cl.model_id, ch.payer, m.repo having sum(cl.fee_amount) > 0
      order by cl.channel_id limit ${mostEntries}`,
  )
  return rows.map(({ channel, model_id, payer, fee, repo }) => ({
    ...{ channelId: channel, modelId: BigInt(model_id), payer, fee: BigInt(fee), repo },
  }))
}

const likesOf = async (db: Db, epoch: number): Promise<LikeEntry[]> => {
  const rows = await rowsOrNone<{ model_id: string; account: Hex; repo: string }>(
    db,
    'onchain.model_name',
    sql`select n.model_id::text, a.address as account, r.key as repo
      from catalog.likes l join catalog.repos r on r.id = l.repo_id join catalog.accounts a on a.id = l.user_id
        join onchain.model_name n on n.repo = r.key
      where l.created_at >= to_timestamp(${secondsOf(epoch)}) and l.created_at < to_timestamp(${secondsOf(epoch + 1)})
        and r.visibility = 'public' and a.address is not null and ${paidBy(sql`a.address`, epoch)}
      order by l.created_at, a.address limit ${mostEntries}`,
  )
  return rows.map(({ model_id, account, repo }) => ({ modelId: BigInt(model_id), account, repo }))
}

/**
 * Brings the points of a day up to date, and the order of lists with them. Safe to repeat: what no longer counts goes.
 */
export const refresh = async (db: Db, epoch: number): Promise<void> => {
  const scores = Signals.scores(await day(db, epoch))
  const points = scores.map((score) => ({ id: score.modelId.toString(), points: Number(Signals.dayPoints(score)) }))
  const fresh = sql`select r.id as repo_id, p.points
    from jsonb_to_recordset(${JSON.stringify(points)}::jsonb) as p(id numeric, points float8)
    join onchain.model m on m.id = p.id join catalog.repos r on r.key = m.repo`
  await db.transaction(async (tx) => {
    const changed = await changedDays(tx, epoch, points.length > 0 ? fresh : undefined)
    if (changed.length > 0) await restate(tx, changed)
  })
}

/** Writes what differs and answers whose. */
const changedDays = async (
  tx: Db,
  epoch: number,
  fresh: ReturnType<typeof sql> | undefined,
): Promise<{ repo_id: string }[]> => {
  const wanted = fresh ?? sql`select null::uuid as repo_id, 0::float8 as points where false`
  const { rows: gone } = await tx.execute<{ repo_id: string }>(sql`with fresh as (${wanted})
    delete from catalog.signal_days d where d.day = ${epoch} and not exists (select 1 from fresh f where f.repo_id = d.repo_id)
    returning d.repo_id`)
  if (!fresh) return gone
  const { rows } = await tx.execute<{ repo_id: string }>(sql`insert into catalog.signal_days as d (repo_id, day, points)
    select f.repo_id, ${epoch}, sum(f.points) from (${fresh}) f group by f.repo_id
    on conflict (repo_id, day) do update set points = excluded.points where d.points <> excluded.points
    returning d.repo_id`)
  return [...gone, ...rows]
}

const restate = async (tx: Db, repos: { repo_id: string }[]): Promise<void> => {
  const ids = [...new Set(repos.map(({ repo_id }) => repo_id))].sort()
  const stored = Trending.stored(sql`r.created_at`, sql`d.points`, sql`d.day`)
  await tx.execute(sql`update catalog.repos set trending = now.value
    from (select r.id, ${stored} as value from catalog.repos r left join catalog.signal_days d on d.repo_id = r.id
      where r.id = any(${sql.param(ids)}::uuid[]) group by r.id) now
    where repos.id = now.id`)
}

/** What is published of these: the inputs of a day, the winners of a season. */
export type Document = `day:${number}` | `season:${number}`

/** Remembers the file that something is published as, which everybody may have from then on. */
export const publish = async (db: Db, document: Document, cid: string): Promise<void> => {
  await db
    .insert(progress)
    .values({ name: `signals-${document}`, value: cid })
    .onConflictDoUpdate({ target: progress.name, set: { value: cid } })
}

/** The file that something is, or is about to be, published as. */
export const documentOf = async (db: Db, document: Document): Promise<string | undefined> => {
  const [row] = await db
    .select({ cid: progress.value })
    .from(progress)
    .where(eq(progress.name, `signals-${document}`))
  return row?.cid
}

/** Condition: a day or a season is published as this file. */
export const isDocument = (cid: string): SQL =>
  sql`exists (select 1 from catalog.progress p where (p.name like 'signals-day:%' or p.name like 'signals-season:%') and p.value = ${cid})`

export type Summary = { epoch: number; pulls: number; usage: number; models: number }

/** How much the last days hold, newest first; only days with anything. */
export const summaries = async (db: Db, from: number): Promise<Summary[]> => {
  const [pulls, usage, models] = await Promise.all([
    db.execute<{ day: number; count: number }>(
      sql`select d.day, sum(d.pulls)::int as count from catalog.pull_days d join catalog.repos r on r.id = d.repo_id
        where d.day >= ${from} and r.visibility = 'public' group by d.day`,
    ),
    rowsOrNone<{ day: number; count: number }>(
      db,
      'onchain.claim',
      sql`select (at / 86400)::int as day, count(distinct channel_id)::int as count from onchain.claim
        where at >= ${secondsOf(from)} and fee_amount > 0 group by 1`,
    ),
    db.execute<{ day: number; count: number }>(
      sql`select d.day, count(*)::int as count from catalog.signal_days d join catalog.repos r on r.id = d.repo_id
        where d.day >= ${from} and r.visibility = 'public' group by d.day`,
    ),
  ])
  const byDay = new Map<number, Summary>()
  const add = (kind: 'pulls' | 'usage' | 'models', rows: { day: number; count: number }[]) => {
    for (const { day, count } of rows) {
      const known = byDay.get(day) ?? { epoch: day, pulls: 0, usage: 0, models: 0 }
      byDay.set(day, { ...known, [kind]: count })
    }
  }
  add('pulls', pulls.rows)
  add('usage', usage)
  add('models', models.rows)
  return [...byDay.values()].sort((a, b) => b.epoch - a.epoch)
}
