import { type SQL, sql } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { rowsOrNone } from '../Onchain.ts'
import * as ChainCursor from './ChainCursor.ts'

/** A provider as the chain knows it. Money in µUSDC. */
export type Provider = {
  address: string
  url: string
  stake: string
  unbonding: string
  slashed: string
  claimed: string
  earned: string
  jobs: string
  /** Contradictions of its own that were proved. */
  disputes: number
  /** Unix seconds. */
  at: string
}

const columns = { earned: sql`p.earned`, stake: sql`p.stake`, jobs: sql`p.jobs` }
export type Sort = keyof typeof columns

const read = (db: Db, where: SQL, order: SQL, limit: number): Promise<Provider[]> =>
  rowsOrNone<Provider>(
    db,
    'onchain.provider',
    sql`select p.address, p.url, p.stake::text, p.unbonding::text, p.slashed::text, p.claimed::text, p.earned::text,
      p.jobs::text, p.at::text, (select count(*)::int from onchain.challenge c where c.provider = p.address) as disputes
      from onchain.provider p where ${where} order by ${order} desc, p.address desc limit ${limit}`,
  )

/** A page of all providers, those with most of something first. Throws `BadCursor`. */
export const list = async (
  db: Db,
  sort: Sort,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<{ providers: Provider[]; next: string | null }> => {
  const column = columns[sort]
  const rows = await read(db, ChainCursor.beyond(ChainCursor.parse(cursor), column, sql`p.address`), column, limit + 1)
  const page = ChainCursor.page(rows, limit, (row) => ({ at: row[sort], id: row.address }))
  return { providers: page.rows, next: page.next }
}

/** These providers by address. */
export const byAddress = async (db: Db, addresses: readonly string[]): Promise<Map<string, Provider>> => {
  if (addresses.length === 0) return new Map()
  const where = sql`p.address = any(${sql.param(addresses.map((address) => address.toLowerCase()))})`
  const rows = await read(db, where, sql`p.address`, addresses.length)
  return new Map(rows.map((row) => [row.address, row]))
}

export type Challenge = {
  channelId: string
  payer: string
  compensation: string
  penalty: string
  at: string
  tx: string
}

/** Contradictions that were proved against a provider, the newest first. */
export const challenges = (db: Db, provider: string): Promise<Challenge[]> =>
  rowsOrNone<Challenge>(
    db,
    'onchain.challenge',
    sql`select channel_id as "channelId", payer, compensation::text, penalty::text, at::text, tx_hash as tx
      from onchain.challenge where provider = ${provider.toLowerCase()} order by at desc, id desc limit 50`,
  )

/** Jobs that providers claimed for models, under `<modelId> <provider>`. */
export const jobsFor = async (db: Db, modelIds: readonly bigint[]): Promise<Map<string, string>> => {
  if (modelIds.length === 0) return new Map()
  const rows = await rowsOrNone<{ id: string; provider: string; jobs: string }>(
    db,
    'onchain.claim',
    sql`select model_id::text as id, provider, sum(seq_to - seq_from + 1)::text as jobs from onchain.claim
      where model_id = any(${sql.param(modelIds.map(String))}::numeric[]) group by model_id, provider`,
  )
  return new Map(rows.map(({ id, provider, jobs }) => [`${id} ${provider}`, jobs]))
}
