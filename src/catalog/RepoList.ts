import {
  and,
  arrayContains,
  arrayOverlaps,
  asc,
  desc,
  eq,
  getTableColumns,
  gte,
  inArray,
  isNotNull,
  isNull,
  lte,
  or,
  type SQL,
  sql,
} from 'drizzle-orm'
import { BadInput } from '../core/index.ts'
import type { Db } from './database.ts'
import { type Repo, visible } from './Repo.ts'
import type { Holder } from './Token.ts'
import { repos } from './tables/index.ts'

/** What repositories can be ordered by, and how a place in that order is written into a cursor and read again. */
const orders = {
  downloads: { column: repos.downloads, ...whole() },
  likes: { column: repos.likes, ...whole() },
  parameters: { column: repos.parameters, ...whole() },
  size: { column: repos.usedStorage, ...whole() },
  createdAt: { column: repos.createdAt, ...time() },
  lastModified: { column: repos.updatedAt, ...time() },
  trending: {
    column: repos.trending,
    write: (column: SQL) => sql`${column}::text`,
    form: /^\d{1,20}(\.\d{1,20})?(e[+-]\d{1,2})?$/,
    read: (text: string) => sql`${text}::float8`,
  },
  name: {
    column: repos.key,
    write: (column: SQL) => column,
    form: /^[a-z0-9:/._-]{1,128}$/,
    read: (text: string) => sql`${text}`,
  },
} as const
export type Sort = keyof typeof orders

function whole() {
  const form = /^\d{1,18}$/
  return { write: (column: SQL) => sql`${column}::text`, form, read: (text: string) => sql`${text}::bigint` }
}

/** Microseconds, as Postgres counts them. */
function time() {
  return {
    write: (column: SQL) => sql`(extract(epoch from ${column}) * 1000000)::bigint::text`,
    form: /^\d{1,16}$/,
    read: (text: string) => sql`to_timestamp(${text}::float8 / 1000000)`,
  }
}

/** All conditions hold together. */
export type Query = {
  type: Repo['type']
  /** Words that the name holds. */
  search?: string[]
  author?: string | undefined
  tags?: string[]
  /** At least one of these. */
  pipelineTags?: string[]
  /** Of each group at least one choice, of which all tags. */
  choices?: string[][][]
  gated?: boolean | undefined
  parameters?: { min?: number | undefined; max?: number | undefined }
  /** Only these keys. */
  keys?: readonly string[] | undefined
  /** Spaces: names of models and data sets that the card links to. */
  links?: { models: string[]; datasets: string[]; any: boolean }
  sort?: Sort | undefined
  ascending?: boolean | undefined
  limit: number
  /** The page ends before the repositories on it have more files than this, unless it is the first. */
  maxFiles?: number | undefined
  cursor?: string | undefined
  /** Large columns that are wanted; the others come empty. */
  wants?: { card?: boolean; config?: boolean; facts?: boolean }
}

export type Page = { repos: Repo[]; next: string | undefined }

/** One page of the repositories this caller may see, and the cursor of the next page. Throws `BadInput` on a bad cursor. */
export const list = async (db: Db, query: Query, holder: Holder | undefined): Promise<Page> => {
  const { sort = 'trending', ascending = false, limit } = query
  const order = orders[sort]
  const direction = ascending ? asc : desc
  const rows = await db
    .select({ ...columns(query.wants ?? {}), position: order.write(sql`${order.column}`).as<string>('position') })
    .from(repos)
    .where(and(...conditions(query), await visible(db, holder), after(query.cursor, sort, ascending)))
    .orderBy(direction(order.column), direction(repos.id))
    .limit(limit + 1)
  const page = rows.slice(0, fitting(rows.slice(0, limit) as Repo[], query.maxFiles))
  const last = page.length < rows.length ? page.at(-1) : undefined
  return { repos: page as Repo[], next: last && cursorOf(last.position as string, last.id) }
}

const columns = ({ card, config, facts }: NonNullable<Query['wants']>) => {
  return {
    ...columnsOf,
    // JSON is read several times faster than an array.
    tags: sql<string[]>`to_json(${repos.tags})`.as('tags'),
    ...(card ? {} : { card: sql<Repo['card']>`'{}'::jsonb`.as('card') }),
    ...(config ? {} : { config: sql<Repo['config']>`null::jsonb`.as('config') }),
    ...(facts ? {} : { facts: sql<Repo['facts']>`'{}'::jsonb`.as('facts') }),
  }
}

const columnsOf = getTableColumns(repos)

/** How many of these rows make a page. */
const fitting = (rows: Repo[], maxFiles = Number.POSITIVE_INFINITY): number => {
  let files = 0
  const tooMany = rows.findIndex(({ fileCount }) => {
    files += fileCount
    return files > maxFiles
  })
  return tooMany < 0 ? rows.length : Math.max(1, tooMany)
}

const conditions = (query: Query): (SQL | undefined)[] => [
  eq(repos.type, query.type),
  query.author === undefined ? undefined : eq(sql`lower(${repos.namespace})`, query.author.toLowerCase()),
  query.tags?.length ? arrayContains(repos.tags, query.tags) : undefined,
  query.pipelineTags?.length ? inArray(repos.pipelineTag, query.pipelineTags) : undefined,
  ...(query.choices ?? []).map((group) => (group.length === 0 ? sql`false` : or(...group.map(holdsAll)))),
  query.gated === undefined ? undefined : query.gated ? isNotNull(repos.gated) : isNull(repos.gated),
  query.keys === undefined ? undefined : sql`${repos.key} = any(${sql.param([...query.keys])})`,
  ...parameterConditions(query.parameters ?? {}),
  ...linkConditions(query.links),
  ...(query.search ?? []).map(nameHolds),
]

const holdsAll = (tags: string[]): SQL =>
  tags.length === 1 ? arrayOverlaps(repos.tags, tags) : arrayContains(repos.tags, tags)

/** Three letters are the least that the index of words finds anywhere; fewer have to begin a part of the name. */
const shortest = 3

const nameHolds = (word: string): SQL | undefined => {
  const text = word.toLowerCase().replace(/[\\%_]/g, '\\$&')
  const patterns =
    word.length < shortest ? ['', '%/', '%-', '%.', '%\\_'].map((before) => `${before}${text}%`) : [`%${text}%`]
  return or(...patterns.map((pattern) => sql`lower(${repos.namespace} || '/' || ${repos.name}) like ${pattern}`))
}

/** Who is asked for few weights is not shown what nobody could count. */
const parameterConditions = ({ min, max }: NonNullable<Query['parameters']>): (SQL | undefined)[] => [
  min === undefined ? undefined : gte(repos.parameters, min),
  max === undefined ? undefined : and(lte(repos.parameters, max), gte(repos.parameters, 1)),
]

const linkConditions = (links: Query['links']): (SQL | undefined)[] => {
  if (!links) return []
  const { models, datasets, any } = links
  return [
    ...models.map((name) => linksTo('models', name)),
    ...datasets.map((name) => linksTo('datasets', name)),
    any ? sql`(${repos.card} ? 'models' or ${repos.card} ? 'datasets')` : undefined,
  ]
}

/** Whether the card of a space names this repository, alone or in a list. */
export const linksTo = (kind: 'models' | 'datasets', name: string): SQL => {
  const [listed, alone] = [{ [kind]: [name] }, { [kind]: name }].map((card) => JSON.stringify(card))
  return sql`(${repos.card} @> ${listed}::jsonb or ${repos.card} @> ${alone}::jsonb) and ${repos.type} = 'space'`
}

const cursorOf = (position: string, id: string): string =>
  Buffer.from(JSON.stringify([position, id])).toString('base64url')

const after = (cursor: string | undefined, sort: Sort, ascending: boolean): SQL | undefined => {
  if (cursor === undefined) return undefined
  const { column, form, read } = orders[sort]
  const [position, id] = readCursor(cursor)
  if (!form.test(position)) throw new BadCursor()
  const than = sql.raw(ascending ? '>' : '<')
  return sql`(${column}, ${repos.id}) ${than} (${read(position)}, ${id}::uuid)`
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const readCursor = (cursor: string): [string, string] => {
  try {
    const [position, id, ...rest]: unknown[] = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (typeof position === 'string' && typeof id === 'string' && uuid.test(id) && rest.length === 0) {
      return [position, id]
    }
  } catch {}
  throw new BadCursor()
}

/** A cursor of another list, or of nobody. */
export class BadCursor extends BadInput {
  constructor() {
    super('This cursor is not one of ours.', { code: 'bad_cursor', hint: 'Begin again without a cursor.' })
  }
}
