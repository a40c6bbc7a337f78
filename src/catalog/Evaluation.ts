import { eq, sql } from 'drizzle-orm'
import type { Hex, Manifest } from '../core/index.ts'
import type { Db } from './database.ts'
import type { Span } from './Leaderboard.ts'
import { evaluations } from './tables/index.ts'

/** Keeps the results that the newest anchored manifest of a repository states; those of earlier ones go. */
export const replace = async (
  db: Db,
  repoId: string,
  { root, commit, author, evals }: Manifest.Manifest,
  now: Date,
): Promise<void> => {
  await db.transaction(async (tx) => {
    await tx.delete(evaluations).where(eq(evaluations.repoId, repoId))
    const rows = evals.map(({ task, dataset, metric, value, datasetSha256 = null }, position) => ({
      ...{ task: shortened(task), dataset: shortened(dataset), metric: shortened(metric), value, datasetSha256 },
      ...{ repoId, position, root, commit, author, anchoredAt: now },
    }))
    if (rows.length > 0) await tx.insert(evaluations).values(rows)
  })
}

/** Postgres takes no NUL, and its indexes no long texts. */
const shortened = (text: string): string => text.replaceAll('\0', '').slice(0, 200)

export type Best = {
  repo: string
  root: Hex
  commit: string
  task: string
  dataset: string
  datasetSha256: string | null
  metric: string
  value: number
  /** Whether a public data set here holds the very file the result names. */
  verified: boolean
  /** Who signed the manifest. */
  runner: Hex
}

export type Filter = { task: string | undefined; dataset: string | undefined; metric: string | undefined }

/** Metrics of which less is better. */
const lessIsBetter = '(loss|error|wer|cer|perplexity|mae|mse|rmse|latency)'

/** Results of public models with the best first, by data set and metric where no filter names one. */
export const best = async (db: Db, { from, to, limit }: Span, filter: Filter): Promise<Best[]> => {
  const is = (column: ReturnType<typeof sql>, value: string | undefined) =>
    value === undefined ? sql`true` : sql`lower(${column}) = lower(${value})`
  const { rows } = await db.execute<Best & Record<string, unknown>>(sql`
    select r.key as repo, e.root, e.commit, e.task, e.dataset, e.dataset_sha256 as "datasetSha256", e.metric, e.value, e.author as runner,
      e.dataset_sha256 is not null and exists (select 1 from catalog.blobs b join catalog.repos d on d.id = b.repo_id
        where b.sha256 = e.dataset_sha256 and d.type = 'dataset' and d.visibility = 'public') as verified
    from catalog.evaluations e join catalog.repos r on r.id = e.repo_id
    where r.visibility = 'public' and e.anchored_at >= to_timestamp(${from}) and e.anchored_at < to_timestamp(${to})
      and ${is(sql`e.task`, filter.task)} and ${is(sql`e.dataset`, filter.dataset)} and ${is(sql`e.metric`, filter.metric)}
    order by e.dataset, e.metric, case when e.metric ~* ${lessIsBetter} then e.value else -e.value end, r.key limit ${limit}`)
  return rows
}
