import { sql } from 'drizzle-orm'
import { LRUCache } from 'lru-cache'
import type { Db } from '../database.ts'
import { searchRows } from '../tables/index.ts'

/** So many have such a word: nobody reads so far that longer words beginning with it are missed. */
const least = 1_000
const commonMs = 60_000
const keptMs = 600_000
const maxKept = 10_000

type Known = { at: number; common: Promise<Set<string>>; frequent: LRUCache<string, boolean> }
const known = new WeakMap<object, Known>()

/**
 * Which of these words a thousand public repositories of the type have as they stand. Beginnings of words are read
 * entry by entry of the index, so of what is frequent they cost much and add little. Known for some minutes.
 */
export const among = async (
  db: Db,
  type: 'model' | 'dataset',
  terms: readonly string[],
  now: Date,
): Promise<string[]> => {
  if (terms.length === 0) return []
  const { common, frequent } = of(db, now)
  const candidates = await common
  const unknown = terms.filter((term) => candidates.has(term) && !frequent.has(`${type} ${term}`))
  if (unknown.length > 0) {
    const found = await probe(db, type, unknown)
    for (const term of unknown) frequent.set(`${type} ${term}`, found.has(term))
  }
  return terms.filter((term) => frequent.get(`${type} ${term}`))
}

const of = (db: Db, now: Date) => {
  const at = now.getTime()
  const last = known.get(db)
  if (last && Math.abs(at - last.at) < commonMs) return last
  const frequent = last?.frequent ?? new LRUCache<string, boolean>({ max: maxKept, ttl: keptMs })
  const fresh = { at, common: commonWords(db), frequent }
  known.set(db, fresh)
  fresh.common.catch(() => known.delete(db))
  return fresh
}

/** The most frequent words as Postgres counted them last, of all rows; only candidates, since these are not all public. */
const commonWords = async (db: Db): Promise<Set<string>> => {
  const { rows } = await db.execute<{ words: string[] | null }>(sql`
    select most_common_elems::text::text[] as words from pg_stats
    where schemaname = 'catalog' and tablename = 'search' and attname = 'words'`)
  return new Set(rows[0]?.words ?? [])
}

const probe = async (db: Db, type: 'model' | 'dataset', terms: string[]): Promise<Set<string>> => {
  const { rows } = await db.execute<{ term: string }>(sql`
    select term from unnest(${sql.param(terms)}::text[]) as term where (select count(*) from (select from ${searchRows}
      where ${searchRows.words} @@ plainto_tsquery('simple', term) and ${searchRows.type} = ${type}
      and ${searchRows.isPublic} limit ${least}) as those) = ${least}`)
  return new Set(rows.map(({ term }) => term))
}
