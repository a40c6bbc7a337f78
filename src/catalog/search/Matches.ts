import { and, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { repos, searchRows } from '../tables/index.ts'
import * as Prepared from './Prepared.ts'
import * as SearchOrder from './SearchOrder.ts'
import * as SearchQuery from './SearchQuery.ts'

/** A repository that was found, at its place in the order. */
export type Match = { id: string; position: string }

/** Prices of models by key, the least of what is offered. */
export type Prices = ReadonlyMap<string, bigint>

export type Wish = {
  query: SearchQuery.SearchQuery
  sort: SearchOrder.ColumnSort | 'relevance' | 'price'
  place: SearchOrder.Place | undefined
  limit: number
  readable: SQL | undefined
  prices: Prices
  /** Whether facets are counted. */
  facets: boolean
}

/** What does not depend on the page. */
export type Counts = {
  total: { count: number; exact: boolean }
  /** How many have `name:value`. */
  counts: Map<string, number>
  /** Keys of those found that have a price. */
  served: string[]
}
export type Found = Counts & { matches: Match[] }

/** So many rows are counted and put in order; where there are more, the index of the order is followed instead. */
export const bound = 1_000
/** So far, at first. */
const walkBound = 5_000
/** So many of the most active are put in order of relevance where more match than are counted. */
const ranked = 150

type Row = { kind: 'total' | 'facet' | 'served' | 'hit'; value: string; n: number; position: string }

/**
 * What a search finds: one query where at most {@link bound} rows match, otherwise two. `counted` is what was counted of
 * the same search a moment ago, when more matched.
 */
export const find = async (db: Db, wish: Wish, counted?: Counts): Promise<Found> => {
  if (counted) return { ...counted, matches: await broad(db, wish) }
  const words = wish.sort === 'relevance' ? sql`, ${searchRows.words} as words` : sql``
  const candidates = sql`select ${searchRows.repoId} as repo_id, ${searchRows.facets} as facets${words}
    from ${searchRows} where ${where(wish)} limit ${sql.raw(String(bound + 1))}`
  const page = sql`select * from (${ordered(wish)}) as o where (select count(*) from m) <= ${bound}`
  const found = await read(db, wish, candidates, page, executorOf(wish))
  return found.total.exact ? found : { ...found, matches: await broad(db, wish) }
}

/** Counts candidates (repo_id, facets) and reads the page (id, position) that is taken of them, which are `m`. */
export const read = async (
  db: Db,
  { facets, prices }: Pick<Wish, 'facets' | 'prices'>,
  candidates: SQL,
  page: SQL,
  execute: Execute = unprepared,
): Promise<Found> => {
  const counted = sql`
    union all (select 'facet', facet, count(*)::int, '' from m, unnest(m.facets) as facet group by facet)`
  const served = sql`
    union all (select 'served', key, 0, '' from ${repos} where key = any(${sql.param([...prices.keys()])})
      and id in (select repo_id from m))`
  const { rows } = await execute<Row>(
    db,
    sql`
    with m as materialized (${candidates})
    select 'total' as kind, '' as value, count(*)::int as n, '' as position from m
    ${facets ? counted : sql``} ${facets && prices.size > 0 ? served : sql``}
    union all (select 'hit', id::text, row_number() over ()::int, position from (${page}) as page)`,
  )
  const of = (kind: Row['kind']) => rows.filter((row) => row.kind === kind)
  const count = of('total')[0]?.n ?? 0
  return {
    matches: of('hit')
      .sort((a, b) => a.n - b.n)
      .map(({ value, position }) => ({ id: value, position })),
    total: { count: Math.min(count, bound), exact: count <= bound },
    counts: new Map(of('facet').map(({ value, n }) => [value, n])),
    served: of('served').map(({ value }) => value),
  }
}

type Execute = typeof Prepared.execute
const unprepared: Execute = async <T extends Record<string, unknown>>(db: Db, query: SQL) =>
  (await db.execute(query)) as unknown as { rows: T[] }

/** How many have a word is found out as the query runs; how many have a facet decides how it runs. */
const executorOf = ({ query, readable }: Wish): Execute => {
  const { facets, tags, authors, keys } = query
  const isFiltered = [tags, authors, ...Object.values(facets)].some((values) => values.length > 0)
  return isFiltered || keys || readable !== SearchQuery.open ? unprepared : Prepared.execute
}

const where = ({ query, readable }: Wish): SQL | undefined =>
  and(SearchQuery.conditions(query), SearchQuery.holdsWords(query), readable)

/** The page of the candidates in `m`. */
const ordered = (wish: Wish): SQL => {
  const { sort, place, limit, prices } = wish
  if (SearchOrder.isColumn(sort)) {
    return sql`select ${repos.id} as id, ${SearchOrder.positionOf(sort)} as position
      from m join ${repos} on ${repos.id} = m.repo_id where ${SearchOrder.after(sort, place) ?? sql`true`}
      order by ${SearchOrder.columnOf(sort)} desc, ${repos.id} desc limit ${limit}`
  }
  const fitting = sql`select m.repo_id as id, ${score(wish.query, sql`m.words`)} as score from m`
  const scored = sort === 'price' ? priced(prices) : fitting
  return sql`select id, score::text as position from (${scored}) as c
    where ${SearchOrder.afterScore(sql`score`, sql`id`, place)} order by score desc, id desc limit ${limit}`
}

/** The cheapest is the best. */
const priced = (prices: Prices): SQL => {
  const keys = sql.param([...prices.keys()])
  const least = sql.param([...prices.values()].map(String))
  return sql`select r.id, -p.price as score from unnest(${keys}::text[], ${least}::float8[]) as p(key, price)
    join ${repos} as r on r.key = p.key join m on m.repo_id = r.id`
}

/** How well the words fit; what is called just so comes first. */
const score = (query: SearchQuery.SearchQuery, words: SQL = sql`${searchRows.words}`): SQL =>
  sql`(ts_rank('{0.05, 0.2, 0.5, 1}', ${words}, ${SearchQuery.tsquery(query)}, 1)
    + case when ${calledSo(query.terms, words)} then 10 else 0 end)::float8`

/** The whole name is one lexeme that begins with an equals sign. */
const calledSo = (terms: readonly string[], words: SQL = sql`${searchRows.words}`): SQL =>
  sql`${words} @@ ${`'=${terms.join('')}'`}::tsquery`

/** Follows the index of the order from the place on and takes what matches. */
const broad = async (db: Db, wish: Wish): Promise<Match[]> => {
  if (wish.sort === 'price') return (await db.execute<Match>(rescored(wish, sql``))).rows
  const first = await walk(db, wish, walkBound)
  const isLast = wish.sort === 'relevance' && wish.place !== undefined
  return first.length >= wish.limit || isLast ? first : walk(db, wish, undefined)
}

const walk = async (db: Db, wish: Wish, most: number | undefined): Promise<Match[]> => {
  const { query, sort, place, limit } = wish
  const execute = executorOf(wish)
  const order = SearchOrder.isColumn(sort) ? sort : 'trending'
  const column = SearchOrder.columnOf(order)
  const start = SearchOrder.isColumn(sort) ? SearchOrder.after(sort, place) : undefined
  const walked = sql`
    select w.id, w.position, s.score from (
      select ${repos.id} as id, ${SearchOrder.positionOf(order)} as position from ${repos}
      where ${and(sql`${repos.type} = ${query.type}`, start)} order by ${column} desc, ${repos.id} desc
      ${most === undefined ? sql`` : sql.raw(`limit ${most}`)}) as w
    cross join lateral (select ${sort === 'relevance' ? score(query) : sql`0::float8`} as score from ${searchRows}
      where ${and(sql`${searchRows.repoId} = w.id`, where(wish))} offset 0) as s`
  if (SearchOrder.isColumn(sort)) {
    return (await execute<Match>(db, sql`select id, position from (${walked}) as o limit ${limit}`)).rows
  }
  return (await execute<Match>(db, rescored(wish, walked))).rows
}

/** The most popular of those that match and whatever is called just so, the best first; by price, all that have one. */
const rescored = (wish: Wish, walked: SQL): SQL => {
  const { sort, query, prices, limit, place, readable } = wish
  const called = sql`select ${searchRows.repoId}, '', ${score(query)} from ${searchRows}
    where ${and(SearchQuery.conditions(query), calledSo(query.terms), readable)} limit ${sql.raw(String(ranked))}`
  const popular = sql`(select * from (${walked}) as p limit ${sql.raw(String(ranked))})`
  const best = sql`select distinct on (id) id as repo_id, score from (${popular} union all (${called})) as u
    order by id, score desc`
  const all = sql`select ${searchRows.repoId} as repo_id from ${searchRows} where ${where(wish)}`
  const scored = sort === 'price' ? priced(prices) : sql`select repo_id as id, score from m`
  return sql`with m as materialized (${sort === 'price' ? all : best})
    select id, score::text as position from (${scored}) as c
    where ${SearchOrder.afterScore(sql`score`, sql`id`, place)} order by score desc, id desc limit ${limit}`
}
