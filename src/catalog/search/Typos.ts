import { and, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { repos, searchRows } from '../tables/index.ts'
import { bound, type Found, read, type Wish } from './Matches.ts'
import * as SearchOrder from './SearchOrder.ts'
import * as SearchQuery from './SearchQuery.ts'

const name = sql`lower(${repos.namespace} || '/' || ${repos.name})`
/** Three letters are the least whose likeness says anything. */
const shortest = 3
/** How alike words have to be: the part of one's trigrams that the other has, too. */
const least = '0.4'

/** Repositories whose names hold words like these (trigrams of Postgres), the most alike first. */
export const find = async (db: Db, wish: Omit<Wish, 'sort'>): Promise<Found> => {
  const { query, readable, place, limit } = wish
  const terms = query.terms.filter((term) => term.length >= shortest)
  if (terms.length === 0) return { matches: [], total: { count: 0, exact: true }, counts: new Map(), served: [] }
  const alike = terms.map((term): SQL => sql`${name} %> ${term}`)
  const likeness = sql.join(
    terms.map((term) => sql`word_similarity(${term}, ${name})`),
    sql` + `,
  )
  const where = and(...alike, sql`${repos.type} = ${query.type}`, SearchQuery.conditions(query), readable)
  const candidates = sql`select ${searchRows.repoId} as repo_id, ${searchRows.facets} as facets,
      (${likeness})::float8 as score
    from ${repos} join ${searchRows} on ${searchRows.repoId} = ${repos.id} where ${where}
    order by score desc limit ${bound + 1}`
  const page = sql`select repo_id as id, score::text as position from m
    where ${SearchOrder.afterScore(sql`score`, sql`repo_id`, place)} order by score desc, repo_id desc limit ${limit}`
  return db.transaction(async (tx) => {
    await tx.execute(sql`select set_config('pg_trgm.word_similarity_threshold', ${least}, true)`)
    return read(tx, wish, candidates, page)
  })
}
