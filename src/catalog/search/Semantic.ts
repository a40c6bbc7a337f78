import { and, sql } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { searchRows } from '../tables/index.ts'
import { type Found, read, type Wish } from './Matches.ts'
import { nearestCount } from './Meanings.ts'
import * as SearchOrder from './SearchOrder.ts'
import * as SearchQuery from './SearchQuery.ts'
import type { Near } from './VectorIndex.ts'

/** Of the repositories that are near in meaning those that fit the filters, the nearest first. */
export const find = async (db: Db, wish: Omit<Wish, 'sort'>, near: readonly Near[]): Promise<Found> => {
  const { query, readable, place, limit } = wish
  const ids = sql.param(near.map(({ id }) => id))
  const scores = sql.param(near.map(({ score }) => String(score)))
  const candidates = sql`select ${searchRows.repoId} as repo_id, ${searchRows.facets} as facets, n.score
    from unnest(${ids}::uuid[], ${scores}::float8[]) as n(id, score) join ${searchRows} on ${searchRows.repoId} = n.id
    where ${and(SearchQuery.conditions(query), readable)}`
  const page = sql`select repo_id as id, score::text as position from m
    where ${SearchOrder.afterScore(sql`score`, sql`repo_id`, place)} order by score desc, repo_id desc limit ${limit}`
  const found = await read(db, wish, candidates, page)
  return { ...found, total: { ...found.total, exact: near.length < nearestCount } }
}
