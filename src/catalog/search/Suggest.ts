import { and, eq, or, type SQL, sql } from 'drizzle-orm'
import type { Account } from '../Account.ts'
import type { Db } from '../database.ts'
import { visible } from '../Repo.ts'
import * as TagCounts from '../TagCounts.ts'
import type { Holder } from '../Token.ts'
import { accounts, repos } from '../tables/index.ts'

export type SuggestedRepo = { id: string; type: 'model' | 'dataset'; task: string | null; likes: number }
export type SuggestedTag = {
  tag: string
  count: number
  kind: 'task' | 'library' | 'license' | 'language' | 'tag'
}

const name = sql`lower(namespace || '/' || name)`

/** Fewer letters than this begin too many names to look at them all. */
const shortest = 3
const candidates = 200

const pattern = (text: string, ...around: [string, string]): string =>
  `${around[0]}${text.replace(/[\\%_]/g, '\\$&')}${around[1]}`

/** Models and data sets that are called so, or have it in their name; the most active first. */
export const repositories = async (
  db: Db,
  text: string,
  limit: number,
  holder: Holder | undefined,
): Promise<SuggestedRepo[]> => {
  const lower = text.toLowerCase()
  const may = await visible(db, holder)
  if (lower.length < shortest) return walked(db, sql`${name} like ${pattern(lower, '%/', '%')}`, may, limit)
  const matches = sql`${name} like ${pattern(lower, '%', '%')}`
  const first = await walked(db, matches, may, limit)
  if (first.length === limit) return first
  const rows = await db.execute<SuggestedRepo>(sql`
    select id, type, task, likes from (
      select ${repos.namespace} || '/' || ${repos.name} as id, ${repos.type} as type, ${repos.pipelineTag} as task,
        ${repos.likes} as likes, ${repos.trending} as trending
      from ${repos} where ${and(matches, ne('space'), may)} limit ${candidates}) as found
    order by trending desc, id limit ${limit}`)
  return rows.rows
}

const ne = (type: string): SQL => sql`${repos.type} <> ${type}`

/** So many of the most active are looked through first: what many look for is among them. */
const active = 2_000

const walked = async (db: Db, matches: SQL, may: SQL | undefined, limit: number): Promise<SuggestedRepo[]> => {
  const most = (type: string) => sql`(select * from ${repos} where ${and(sql`${repos.type} = ${type}`, may)}
    order by ${repos.trending} desc, ${repos.id} desc limit ${active})`
  const rows = await db.execute<SuggestedRepo>(sql`
    select namespace || '/' || name as id, type, pipeline_tag as task, likes
    from (${most('model')} union all ${most('dataset')}) as active where ${matches}
    order by trending desc, id desc limit ${limit}`)
  return rows.rows
}

/** People and organisations whose name begins so; names are public. */
export const people = async (db: Db, text: string, limit: number): Promise<Account[]> => {
  const start = pattern(text.toLowerCase(), '', '%')
  return db
    .select()
    .from(accounts)
    .where(
      or(
        sql`${accounts.key} like ${start}`,
        and(eq(accounts.kind, 'org'), sql`lower(${accounts.fullname}) like ${start}`),
      ),
    )
    .orderBy(sql`length(${accounts.key})`, accounts.key)
    .limit(limit)
}

/** Tags of public repositories that begin so, the most frequent first. */
export const tags = async (db: Db, text: string, limit: number, now: Date): Promise<SuggestedTag[]> => {
  const [found, tasks, libraries] = await Promise.all([
    TagCounts.tags(db, 'model', now),
    TagCounts.values(db, 'pipelineTag', now),
    TagCounts.values(db, 'libraryName', now),
  ])
  const [isTask, isLibrary] = [new Set(tasks), new Set(libraries)]
  const start = text.toLowerCase()
  const shown: SuggestedTag[] = []
  for (const { tag, count } of found) {
    const value = tag.replace(/^license:/, '')
    if (/^(region|base_model|dataset|arxiv|doi):/.test(tag) || !value.toLowerCase().startsWith(start)) continue
    const kind = isTask.has(tag)
      ? 'task'
      : isLibrary.has(tag)
        ? 'library'
        : value !== tag
          ? 'license'
          : /^[a-z]{2,3}$/.test(tag)
            ? 'language'
            : 'tag'
    if (shown.push({ tag: value, count, kind }) === limit) break
  }
  return shown
}
