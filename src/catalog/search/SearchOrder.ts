import { type SQL, sql } from 'drizzle-orm'
import { BadCursor } from '../RepoList.ts'
import { repos } from '../tables/index.ts'

/** Microseconds, as Postgres counts them. */
const time = (column: typeof repos.createdAt | typeof repos.updatedAt) => ({
  column,
  text: sql`(extract(epoch from ${column}) * 1000000)::bigint::text`,
  read: (position: string) => sql`(timestamptz 'epoch' + ${position}::float8 * interval '1 microsecond')`,
  form: /^\d{1,16}$/,
})
const whole = (column: typeof repos.downloads | typeof repos.likes) => ({
  column,
  text: sql`${column}::text`,
  read: (position: string) => sql`${position}::int8`,
  form: /^\d{1,18}$/,
})
const real = /^-?\d{1,20}(\.\d{1,20})?(e[+-]\d{1,2})?$/

/** Orders that an index on `repos` keeps; the others are of a bounded number of candidates with a score. */
const columns = {
  trending: {
    column: repos.trending,
    text: sql`${repos.trending}::text`,
    read: (position: string) => sql`${position}::float8`,
    form: real,
  },
  downloads: whole(repos.downloads),
  likes: whole(repos.likes),
  created: time(repos.createdAt),
  updated: time(repos.updatedAt),
} as const
export type ColumnSort = keyof typeof columns

export const isColumn = (sort: string): sort is ColumnSort => Object.hasOwn(columns, sort)

/** The columns of a row that say its place. */
export const columnOf = (sort: ColumnSort) => columns[sort].column
export const positionOf = (sort: ColumnSort): SQL => columns[sort].text

/** A place in an order: after which value and id the next page begins; `text` was searched instead of what was typed. */
export type Place = { sort: string; position: string; id: string; text: string | null }

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const maxText = 512

export const write = ({ sort, position, id, text }: Place): string =>
  Buffer.from(JSON.stringify([sort, position, id, text])).toString('base64url')

/** Throws `BadCursor` for what was not written for one of these orders. */
export const read = (sorts: readonly string[], cursor: string): Place => {
  try {
    const [sort, position, id, text = null]: unknown[] = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (typeof sort !== 'string' || !sorts.includes(sort)) throw new BadCursor()
    if (typeof position !== 'string' || !(isColumn(sort) ? columns[sort].form : real).test(position))
      throw new BadCursor()
    if (typeof id !== 'string' || !uuid.test(id)) throw new BadCursor()
    if (text !== null && (typeof text !== 'string' || text.length > maxText)) throw new BadCursor()
    return { sort, position, id, text }
  } catch {
    throw new BadCursor()
  }
}

/** Rows of `repos` after a place in descending order. */
export const after = (sort: ColumnSort, place: Place | undefined): SQL | undefined => {
  if (!place) return undefined
  const { column, read: value } = columns[sort]
  return sql`(${column}, ${repos.id}) < (${value(place.position)}, ${place.id}::uuid)`
}

/** Scored candidates after a place, best first. */
export const afterScore = (score: SQL, id: SQL, place: Place | undefined): SQL =>
  place ? sql`(${score}, ${id}) < (${place.position}::float8, ${place.id}::uuid)` : sql`true`
