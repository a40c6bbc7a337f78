import { and, eq, inArray, ne, or, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { visible } from '../Repo.ts'
import type { Holder } from '../Token.ts'
import { repos, searchRows } from '../tables/index.ts'

/** Filters over values that {@link searchRows} holds as `name:value`; values of one are alternatives. */
export const facetFilters = [
  ...(['task', 'license', 'library', 'language', 'size', 'quantization', 'dtype'] as const),
  ...(['gated', 'verified', 'forkRoyalty'] as const),
]
export type FacetFilter = (typeof facetFilters)[number]

export type SearchQuery = {
  type: 'model' | 'dataset'
  /** The words; none finds everything. */
  terms: string[]
  /** Those of them that are not also looked for as beginnings of words. */
  whole: string[]
  facets: Partial<Record<FacetFilter, readonly string[]>>
  tags: readonly string[]
  authors: readonly string[]
  /** Only these keys; undefined for all. */
  keys?: readonly string[] | undefined
}

/** The conditions on {@link searchRows} that do not depend on words. */
export const conditions = (query: SearchQuery): SQL | undefined =>
  and(
    eq(searchRows.type, query.type),
    ...facetFilters.map((name) => oneOf(searchRows.facets, name, query.facets[name] ?? [])),
    oneOf(searchRows.labels, 'tag', query.tags),
    oneOf(searchRows.labels, 'author', query.authors),
    query.keys === undefined ? undefined : inArray(searchRows.repoId, keyed(query.keys)),
  )

const keyed = (keys: readonly string[]): SQL => sql`(select id from ${repos} where key = any(${sql.param([...keys])}))`

/** Sizes alone have capital letters in them. */
const oneOf = (column: SQLWrapper, name: string, values: readonly string[]): SQL | undefined => {
  if (values.length === 0) return undefined
  const wanted = values.map((value) => `${name}:${name === 'size' ? value : value.toLowerCase()}`)
  return sql`${column} && ${sql.param(wanted)}::text[]`
}

/** The words as Postgres searches them; a query of its own, so that it is made once and not for each row. */
export const tsquery = ({ terms, whole }: Pick<SearchQuery, 'terms' | 'whole'>): SQL =>
  sql`(select catalog.search_query(${sql.param(terms)}::text[], ${sql.param(whole)}::text[]))`

export const holdsWords = (query: SearchQuery): SQL | undefined =>
  query.terms.length === 0 ? undefined : sql`${searchRows.words} @@ ${tsquery(query)}`

/** The rows that everybody may see. */
export const open: SQL = sql`${searchRows.isPublic}`

/** The rows of repositories that this caller may see. */
export const readable = async (db: Db, holder: Holder | undefined): Promise<SQL | undefined> => {
  if (!holder) return open
  const own = and(ne(repos.visibility, 'public'), await visible(db, holder))
  return or(open, sql`${searchRows.repoId} in (select ${repos.id} from ${repos} where ${own})`)
}
