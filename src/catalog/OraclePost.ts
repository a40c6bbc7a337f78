import { sql } from 'drizzle-orm'
import type { Hex } from '../core/index.ts'
import type { Db } from './database.ts'
import { rowsOrNone } from './Onchain.ts'

/** What a poster said of a day, as the indexer saw it. */
export type Post = {
  epoch: number
  pulls: Hex
  usage: Hex
  scores: Hex
  dataCid: Hex
  struck: boolean
  at: number
}

/** The posts of one poster from a day on. */
export const since = async (db: Db, poster: Hex, epoch: number): Promise<Post[]> =>
  rowsOrNone<Post>(
    db,
    'onchain.oracle_post',
    sql`select epoch::int, pulls, usage, scores, data_cid as "dataCid", struck, at::int from onchain.oracle_post
      where poster = ${poster} and epoch >= ${epoch} order by epoch desc limit 400`,
  )

export const find = async (db: Db, poster: Hex, epoch: number): Promise<Post | undefined> =>
  (await since(db, poster, epoch)).find((post) => post.epoch === epoch)

/** The last day recorded of each model by a poster. */
export const recorded = async (db: Db, poster: Hex, modelIds: readonly bigint[]): Promise<Map<bigint, number>> => {
  const rows = await rowsOrNone<{ model_id: string; epoch: number }>(
    db,
    'onchain.oracle_score',
    sql`select model_id::text, epoch::int from onchain.oracle_score
      where poster = ${poster} and model_id = any(${sql.param(modelIds.map(String))}::numeric[])`,
  )
  return new Map(rows.map(({ model_id, epoch }) => [BigInt(model_id), epoch]))
}
