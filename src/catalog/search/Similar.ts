import { sql } from 'drizzle-orm'
import type { Db } from '../database.ts'
import type { Repo } from '../Repo.ts'
import * as TagCounts from '../TagCounts.ts'
import type { Holder } from '../Token.ts'
import { repos, searchRows } from '../tables/index.ts'
import * as SearchQuery from './SearchQuery.ts'

/** Labels by which others are looked for: the rarest say most. */
const maxLabels = 6
const candidates = 1_000
/** What everything has, or what only says where it lies. */
const says = (tag: string): boolean => !/^(region|license|base_model:(finetune|quantized|adapter|merge)):/.test(tag)

/** Ids of repositories of the same kind that share rare labels with this one, those that share most first. */
export const byLabels = async (
  db: Db,
  repo: Repo,
  holder: Holder | undefined,
  limit: number,
  now: Date,
): Promise<string[]> => {
  const type = repo.type === 'dataset' ? 'dataset' : 'model'
  const counts = new Map((await TagCounts.tags(db, type, now)).map(({ tag, count }) => [tag, count]))
  const weighed = [...repo.tags, `base_model:${repo.namespace}/${repo.name}`]
    .filter(says)
    .map((tag) => ({ label: `tag:${tag.toLowerCase()}`, weight: 1 / Math.log2(2 + (counts.get(tag) ?? 0)) }))
    .sort((a, b) => b.weight - a.weight)
    .slice(0, maxLabels)
  const labels = sql.param(weighed.map(({ label }) => label))
  const weights = sql.param(weighed.map(({ weight }) => weight))
  const readable = await SearchQuery.readable(db, holder)
  const { rows } = await db.execute<{ id: string }>(sql`
    with found as materialized (
      select ${searchRows.repoId} as id, ${searchRows.labels} as labels from ${searchRows}
      where ${searchRows.labels} && ${labels}::text[] and ${searchRows.type} = ${type} and ${readable}
        and ${searchRows.repoId} <> ${repo.id} limit ${candidates})
    select found.id from found join ${repos} on ${repos.id} = found.id
    cross join lateral (select sum(weight) as score from unnest(${labels}::text[], ${weights}::float8[]) as own(label, weight)
      where own.label = any(found.labels)) as shared
    order by shared.score desc, ${repos.trending} desc, found.id limit ${limit}`)
  return rows.map(({ id }) => id)
}
