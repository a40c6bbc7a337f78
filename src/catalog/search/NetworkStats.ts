import { sql } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { rowsOrNone } from '../Onchain.ts'
import { accounts, repos, versions } from '../tables/index.ts'

export type Periods = { today: string; week: string; all: string }

/** How much there is and how much was paid; money in µUSDC, days of UTC. */
export type NetworkStats = {
  models: number
  datasets: number
  spaces: number
  people: number
  versions: number
  minted: number
  providersServing: number
  modelsServed: number
  settled: Periods
  jobs: Periods
}

/** The queries that give the numbers, for whoever wants to check them. */
export const queries = {
  counts: `select count(*) filter (where type = 'model') as models, count(*) filter (where type = 'dataset') as datasets, count(*) filter (where type = 'space') as spaces from catalog.repos where visibility = 'public'`,
  people: 'select count(*) from catalog.accounts',
  versions: `select count(*) from catalog.versions v join catalog.repos r on r.id = v.repo_id where v.anchored_at is not null and r.visibility = 'public'`,
  minted: 'select count(*) from onchain.model',
  serving:
    'select count(distinct provider) as providers, count(distinct repo) as models from gateway.serving where valid_until > now()',
  settled:
    "select sum(delta) as amount, sum(seq_to - seq_from + 1) as jobs from onchain.claim where at >= extract(epoch from date_trunc('day', now() at time zone 'UTC'))",
  graphql: '{ claims(where: { at_gte: "<unix seconds>" }) { items { delta seqFrom seqTo } } }',
} as const

const keptMs = 10_000
type Kept = { at: number; stats: Promise<NetworkStats> }
const kept = new WeakMap<object, Kept>()

/** Counted anew after ten seconds. Only what is public counts, whoever asks. */
export const read = (db: Db, now: Date): Promise<NetworkStats> => {
  const at = now.getTime()
  const last = kept.get(db)
  if (last && Math.abs(at - last.at) < keptMs) return last.stats
  const stats = count(db, now)
  kept.set(db, { at, stats })
  stats.catch(() => kept.delete(db))
  return stats
}

type Counts = Pick<NetworkStats, 'models' | 'datasets' | 'spaces' | 'people' | 'versions'>

const count = async (db: Db, now: Date): Promise<NetworkStats> => {
  const open = sql`${repos.visibility} = 'public'`
  const of = (type: string) => sql`(select count(*)::int from ${repos} where ${repos.type} = ${type} and ${open})`
  const [counts, [minted], [serving], [claims]] = await Promise.all([
    db.execute<Counts>(sql`select ${of('model')} as models, ${of('dataset')} as datasets, ${of('space')} as spaces,
      (select count(*)::int from ${accounts}) as people,
      (select count(*)::int from ${versions} join ${repos} on ${repos.id} = ${versions.repoId}
        where ${versions.anchoredAt} is not null and ${open}) as versions`),
    rowsOrNone<{ count: number }>(db, 'onchain.model', sql`select count(*)::int as count from onchain.model`),
    rowsOrNone<{ providers: number; models: number }>(
      db,
      'gateway.serving',
      sql`select count(distinct provider)::int as providers, count(distinct repo)::int as models
        from gateway.serving where valid_until > now()`,
    ),
    claimsSince(db, now),
  ])
  return {
    ...(counts.rows[0] as Counts),
    minted: minted?.count ?? 0,
    providersServing: serving?.providers ?? 0,
    modelsServed: serving?.models ?? 0,
    settled: { today: claims?.today ?? '0', week: claims?.week ?? '0', all: claims?.all ?? '0' },
    jobs: { today: claims?.jobsToday ?? '0', week: claims?.jobsWeek ?? '0', all: claims?.jobsAll ?? '0' },
  }
}

const claimsSince = (db: Db, now: Date) => {
  const day = Math.floor(now.getTime() / 86_400_000)
  const [today, week] = [day * 86_400, (day - 6) * 86_400]
  const sum = (value: string, since?: number) =>
    sql`coalesce(sum(${sql.raw(value)}) ${since === undefined ? sql`` : sql`filter (where at >= ${since})`}, 0)::text`
  const jobs = '(seq_to - seq_from + 1)'
  return rowsOrNone<Record<'today' | 'week' | 'all' | 'jobsToday' | 'jobsWeek' | 'jobsAll', string>>(
    db,
    'onchain.claim',
    sql`select ${sum('delta', today)} as today, ${sum('delta', week)} as week, ${sum('delta')} as all,
      ${sum(jobs, today)} as "jobsToday", ${sum(jobs, week)} as "jobsWeek", ${sum(jobs)} as "jobsAll" from onchain.claim`,
  )
}
