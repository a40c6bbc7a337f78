import { and, eq, type SQL, sql } from 'drizzle-orm'
import { type Hex, type Manifest, ModelIndex } from '../core/index.ts'
import type { Card } from './Card.ts'
import type { Db } from './database.ts'
import type { Span } from './Leaderboard.ts'
import { datasetId, evaluations } from './tables/index.ts'

type Row = typeof evaluations.$inferInsert

/** Who stands for a result: `card` is the word of whoever wrote the model card; a `manifest` is signed and anchored. */
export type Source = Row['source']

/** Keeps the results that the newest anchored manifest of a repository states; those of earlier ones go. */
export const attest = (
  db: Db,
  repoId: string,
  { root, commit, author, evals }: Manifest.Manifest,
  now: Date,
): Promise<void> =>
  replace(
    db,
    { repoId, source: 'manifest' },
    evals.map((result) => ({ ...result, root, commit, author, statedAt: now })),
  )

/** Keeps the results that the model card of a commit states; those of the head before go. */
export const report = (db: Db, repoId: string, card: Card, commit: string): Promise<void> =>
  replace(
    db,
    { repoId, source: 'card' },
    ModelIndex.results(card).map((result) => ({ ...result, commit, statedAt: sql`now()` })),
  )

type Of = Pick<Row, 'repoId' | 'source'>
type Stated = Omit<Row, 'repoId' | 'source' | 'position' | 'statedAt'> & { statedAt: Date | SQL }

const replace = (db: Db, of: Of, results: Stated[]): Promise<void> =>
  db.transaction(async (tx) => {
    await tx.delete(evaluations).where(and(eq(evaluations.repoId, of.repoId), eq(evaluations.source, of.source)))
    const rows = results.map(({ task, dataset, metric, ...rest }, position) => ({
      ...{ ...of, position, task: shortened(task), dataset: shortened(dataset), metric: shortened(metric) },
      ...rest,
    }))
    if (rows.length > 0) await tx.insert(evaluations).values(rows)
  })

/** Postgres takes no NUL, and its indexes no long texts. */
const shortened = (text: string): string => text.replaceAll('\0', '').slice(0, 200).toWellFormed()

export type Result = {
  task: string
  dataset: string
  datasetSha256: string | null
  metric: string
  value: number
  source: Source
  /** Whether a public data set here holds the very file that a signed result names. */
  verified: boolean
  commit: string
  /** The anchored version, and who signed it; null for a card. */
  root: Hex | null
  runner: Hex | null
}

const columns = sql`e.task, e.dataset, e.dataset_sha256 as "datasetSha256", e.metric, e.value, e.source, e.commit, e.root,
  e.author as runner, e.source = 'manifest' and e.dataset_sha256 is not null and exists (
    select 1 from catalog.blobs b join catalog.repos d on d.id = b.repo_id
    where b.sha256 = e.dataset_sha256 and d.type = 'dataset' and d.visibility = 'public') as verified`

/** What a card repeats of its repository's signed manifest stands there once, as signed. */
const isSaidOnce = sql`not exists (select 1 from catalog.evaluations m
  where e.source = 'card' and m.repo_id = e.repo_id and m.source = 'manifest' and m.task = e.task
    and m.dataset = e.dataset and m.metric = e.metric and m.value = e.value)`

/** All results of a repository, signed ones first, each list in its author's order. */
export const of = async (db: Db, repoId: string): Promise<Result[]> => {
  const { rows } = await db.execute<Result>(sql`select ${columns} from catalog.evaluations e
    where e.repo_id = ${repoId} and ${isSaidOnce} order by e.source desc, e.position`)
  return rows
}

export type Best = Result & { repo: string }

export type Filter = {
  task: string | undefined
  dataset: string | undefined
  metric: string | undefined
  source: Source | undefined
}

/** Metrics of which less is better. */
const lessIsBetter = '(loss|error|wer|cer|perplexity|mae|mse|rmse|latency)'

/** Results of public models with the best first, by data set and metric where no filter names one. */
export const best = async (db: Db, { from, to, limit }: Span, filter: Filter): Promise<Best[]> => {
  const is = (column: SQL, value: string | undefined) =>
    value === undefined ? sql`true` : sql`lower(${column}) = lower(${value})`
  // "nyu-mll/glue" is also "nyu-mll/glue:mrpc[validation]".
  const dataset = filter.dataset?.toLowerCase()
  const id = dataset?.replace(/[:[].*/, '')
  const ofDataset =
    id === undefined
      ? sql`true`
      : sql`${datasetId(sql`e.dataset`)} = ${id} and ${is(sql`e.dataset`, id === dataset ? undefined : dataset)}`
  const { rows } = await db.execute<Best>(sql`
    select r.key as repo, ${columns}
    from catalog.evaluations e join catalog.repos r on r.id = e.repo_id
    where r.visibility = 'public' and e.stated_at >= to_timestamp(${from}) and e.stated_at < to_timestamp(${to})
      and ${is(sql`e.task`, filter.task)} and ${ofDataset} and ${is(sql`e.metric`, filter.metric)}
      and ${is(sql`e.source`, filter.source)} and ${isSaidOnce}
    order by e.dataset, e.metric, case when e.metric ~* ${lessIsBetter} then e.value else -e.value end, r.key, e.source desc
    limit ${limit}`)
  return rows
}
