import { sql } from 'drizzle-orm'
import type { Db } from './database.ts'
import type { Repo } from './Repo.ts'
import { repos } from './tables/index.ts'

/** The most frequent tags and tasks of public repositories; the answers are kept for a while, since all rows are read. */

const keptMs = 60_000
const maxTags = 2_000
const perTask = 10

type Kept = { at: number; answer: Promise<unknown> }
const kept = new WeakMap<object, Map<string, Kept>>()

const cached = <T>(db: Db, name: string, now: Date, read: () => Promise<T>): Promise<T> => {
  const answers = kept.get(db) ?? new Map<string, Kept>()
  kept.set(db, answers)
  const last = answers.get(name)
  if (last && Math.abs(now.getTime() - last.at) < keptMs) return last.answer as Promise<T>
  const answer = read()
  answers.set(name, { at: now.getTime(), answer })
  answer.catch(() => answers.delete(name))
  return answer
}

/** Tags of public repositories of a type, the most frequent first, with how many have them. */
export const tags = (db: Db, type: Repo['type'], now: Date): Promise<{ tag: string; count: number }[]> =>
  cached(db, `tags ${type}`, now, async () => {
    const found = await db.execute<{ tag: string; count: number }>(sql`
      select tag, count(*)::int as count from ${repos}, unnest(${repos.tags}) as tag
      where ${repos.type} = ${type} and ${repos.visibility} = 'public'
      group by tag order by count desc, tag limit ${maxTags}`)
    return found.rows
  })

/** The values of one column of public models: tasks or libraries. */
export const values = (db: Db, column: 'pipelineTag' | 'libraryName', now: Date): Promise<string[]> =>
  cached(db, column, now, async () => {
    const found = await db.execute<{ value: string }>(sql`
      select ${repos[column]} as value from ${repos}
      where ${repos.type} = 'model' and ${repos.visibility} = 'public' and ${repos[column]} is not null
      group by 1 order by count(*) desc, 1 limit ${maxTags}`)
    return found.rows.map(({ value }) => value)
  })

/** Public models by task, the most active first, a few for each. */
export const tasks = (db: Db, now: Date): Promise<Map<string, string[]>> =>
  cached(db, 'tasks', now, async () => {
    const found = await db.execute<{ task: string; name: string }>(sql`
      select task, name from (
        select ${repos.pipelineTag} as task, ${repos.namespace} || '/' || ${repos.name} as name, ${repos.trending} as score,
          row_number() over (partition by ${repos.pipelineTag} order by ${repos.trending} desc, ${repos.id} desc) as place
        from ${repos} where ${repos.type} = 'model' and ${repos.visibility} = 'public' and ${repos.pipelineTag} is not null
      ) ranked where place <= ${perTask} order by task, place limit ${maxTags}`)
    const byTask = new Map<string, string[]>()
    for (const { task, name } of found.rows) byTask.set(task, [...(byTask.get(task) ?? []), name])
    return byTask
  })
