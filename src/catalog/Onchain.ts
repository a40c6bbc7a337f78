import { sql } from 'drizzle-orm'
import type { Hex } from '../core/index.ts'
import type { Db } from './database.ts'

/** A minted model as the indexer saw it last; money in µUSDC. */
export type Model = {
  modelId: bigint
  owner: Hex
  head: Hex | null
  versions: number
  creatorBps: number
  /** All fees claimed for the model, and what its creators and holders got of them. */
  claimedMicroUsdc: bigint
  creatorMicroUsdc: bigint
  holderMicroUsdc: bigint
  jobs: bigint
}

type Row = {
  id: string
  owner: Hex
  head: Hex | null
  versions: number
  creator_bps: number
  claimed: string
  creator_total: string
  holder_total: string
  jobs: string
}

/**
 * The models of these repository keys out of the indexer's views. A key that was not minted is left out; so are all
 * while no indexer has run on this database, because the hub works without one.
 */
export const models = async (db: Db, keys: string[]): Promise<Map<string, Model>> => {
  if (keys.length === 0) return new Map()
  const found = await rowsOrNone<Row & { repo: string }>(
    db,
    'onchain.model_name',
    sql`select n.repo, m.id::text, m.owner, m.head, m.versions, m.creator_bps, m.claimed::text, m.creator_total::text,
      m.holder_total::text, m.jobs::text
      from onchain.model_name n join onchain.model m on m.id = n.model_id
      where n.repo = any(${sql.param(keys)})`,
  )
  return new Map(found.map(({ repo, ...row }) => [repo, fromRow(row)]))
}

const fromRow = (row: Row): Model => ({
  modelId: BigInt(row.id),
  owner: row.owner,
  head: row.head,
  versions: row.versions,
  creatorBps: row.creator_bps,
  claimedMicroUsdc: BigInt(row.claimed),
  creatorMicroUsdc: BigInt(row.creator_total),
  holderMicroUsdc: BigInt(row.holder_total),
  jobs: BigInt(row.jobs),
})

/** Postgres codes for a schema, table or column that is not there (yet). */
const absent = new Set(['3F000', '42P01', '42703'])

/** Tables that were there once are taken to stay; what became of them is seen when they are read. */
const seen = new WeakMap<object, Set<string>>()
/** When a table was looked for in vain. */
const missed = new WeakMap<object, Map<string, number>>()
const lookAgainMs = 1_000

const isThere = async (db: Db, table: string): Promise<boolean> => {
  const tables = seen.get(db) ?? new Set()
  if (tables.has(table)) return true
  const misses = missed.get(db) ?? new Map<string, number>()
  if (performance.now() - (misses.get(table) ?? Number.NEGATIVE_INFINITY) < lookAgainMs) return false
  const { rows } = await db.execute<{ there: boolean }>(sql`select to_regclass(${table}) is not null as there`)
  if (rows[0]?.there) seen.set(db, tables.add(table))
  else missed.set(db, misses.set(table, performance.now()))
  return rows[0]?.there === true
}

/** The rows of a table that another part of the network keeps in this database; none where it does not. */
export const rowsOrNone = async <T extends Record<string, unknown>>(
  db: Db,
  table: string,
  query: ReturnType<typeof sql>,
): Promise<T[]> => {
  if (!(await isThere(db, table))) return []
  try {
    return (await db.execute(query)).rows as T[]
  } catch (error) {
    const { code } = ((error as { cause?: unknown }).cause ?? error) as { code?: string }
    if (code !== undefined && absent.has(code)) return []
    throw error
  }
}

/**
 * Up to when the indexer has seen the chain, in unix seconds; undefined where none runs on this database. A checkpoint of
 * Ponder begins with ten digits of the block's time.
 */
export const indexedUntil = async (db: Db): Promise<number | undefined> => {
  const [row] = await rowsOrNone<{ at: string | null }>(
    db,
    'onchain._ponder_checkpoint',
    sql`select left(min(latest_checkpoint), 10) as at from onchain._ponder_checkpoint`,
  )
  return row?.at ? Number(row.at) : undefined
}
