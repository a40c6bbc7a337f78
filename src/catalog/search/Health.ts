import { type SQL, sql } from 'drizzle-orm'
import { Spread } from '../../core/index.ts'
import type { Db } from '../database.ts'
import { rowsOrNone } from '../Onchain.ts'

/** The last so many days; one day is counted by hours, others by days of UTC. */
export type Days = 1 | 7 | 30

/** How a provider did, as the gateways on this database saw it. */
export type Health = {
  days: Days
  /** How often it was asked for its offers, and the part of them in which it had them; null where it never was. */
  checks: number
  uptime: number | null
  /** Orders it answered, and those that it is its doing that they came to nothing. */
  answers: number
  failures: number
  /** ms to the first text of a stream, and to the end of an answer. */
  ttftMs: { p50: number; p95: number } | null
  latencyMs: { p50: number; p95: number } | null
  /** Of output; one in twenty answers is slower than `p5`. */
  tokensPerSecond: { p50: number; p5: number } | null
}

type Row = {
  provider: string
  repo: string
  checks: number
  checks_ok: number
  answers: number
  failures: number
  ttft: number[]
  latency: number[]
  speed: number[]
}

/** Of whom nothing is known. */
export const none = (days: Days): Health => shown(days, [])

/** All models of these providers together, by address. */
export const ofProviders = async (
  db: Db,
  addresses: readonly string[],
  days: Days,
  now: Date,
): Promise<Map<string, Health>> => {
  const found = await read(db, { addresses, where: sql`repo = ''`, days, now }, ({ provider }) => provider)
  return new Map(addresses.map((address) => [address, found.get(address) ?? none(days)]))
}

/** Providers by model, under `<key> <provider>`; checks are of the provider. */
export const ofModels = async (
  db: Db,
  of: { addresses: readonly string[]; keys: readonly string[] },
  days: Days,
  now: Date,
): Promise<Map<string, Health>> => {
  const { addresses, keys } = of
  const where = sql`repo = any(${sql.param([...keys])})`
  const [models, providers] = await Promise.all([
    read(db, { addresses, where, days, now }, ({ provider, repo }) => `${repo} ${provider}`),
    ofProviders(db, addresses, days, now),
  ])
  return new Map(
    keys.flatMap((key) =>
      [...providers].map(([address, { checks, uptime }]) => {
        const id = `${key} ${address}`
        return [id, { ...(models.get(id) ?? none(days)), checks, uptime }] as const
      }),
    ),
  )
}

const read = async (
  db: Db,
  of: { addresses: readonly string[]; where: SQL; days: Days; now: Date },
  keyOf: (row: Row) => string,
): Promise<Map<string, Health>> => {
  const { addresses, where, days, now } = of
  if (addresses.length === 0) return new Map()
  const rows = await rowsOrNone<Row>(
    db,
    'gateway.health',
    sql`select provider, repo, checks, checks_ok, answers, failures, ttft, latency, speed from gateway.health
      where provider = any(${sql.param([...addresses])}) and ${where} and span = ${days === 1 ? 'hour' : 'day'}
        and at > ${new Date(now.getTime() - days * 86_400_000).toISOString()}::timestamptz`,
  )
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const key = keyOf(row)
    const group = groups.get(key)
    if (group) group.push(row)
    else groups.set(key, [row])
  }
  return new Map([...groups].map(([key, group]) => [key, shown(days, group)]))
}

const shown = (days: Days, rows: readonly Row[]): Health => {
  const sum = (of: (row: Row) => number) => rows.reduce((all, row) => all + of(row), 0)
  const spread = (of: (row: Row) => number[]) => {
    const all = Spread.empty()
    for (const row of rows) Spread.add(all, of(row))
    return all
  }
  const checks = sum((row) => row.checks)
  const [ttft, latency, speed] = [spread((row) => row.ttft), spread((row) => row.latency), spread((row) => row.speed)]
  return {
    ...{ days, checks, uptime: checks === 0 ? null : sum((row) => row.checks_ok) / checks },
    ...{ answers: sum((row) => row.answers), failures: sum((row) => row.failures) },
    ttftMs: middleAndSlow(ttft),
    latencyMs: middleAndSlow(latency),
    tokensPerSecond: speedOf(speed),
  }
}

const middleAndSlow = (spread: Spread.Spread) => {
  const [p50, p95] = [Spread.quantile(spread, 0.5), Spread.quantile(spread, 0.95)]
  return p50 === undefined || p95 === undefined ? null : { p50: rounded(p50), p95: rounded(p95) }
}

/** Counted in tenths. */
const speedOf = (spread: Spread.Spread) => {
  const [p50, p5] = [Spread.quantile(spread, 0.5), Spread.quantile(spread, 0.05)]
  return p50 === undefined || p5 === undefined ? null : { p50: rounded(p50 / 10), p5: rounded(p5 / 10) }
}

/** They are right to a tenth: more digits would say more than is known. */
const rounded = (value: number): number => Number(value.toPrecision(2))
