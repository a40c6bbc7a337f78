import { eq, getTableColumns, type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { NotFound } from '../core/index.ts'
import type { Db } from './database.ts'
import * as LostTip from './LostTip.ts'
import { insert, type NewRepo, type Repo } from './Repo.ts'
import { blobs, commits, evaluations, forks, gitObjects, refs, repos } from './tables/index.ts'
import { byCommit } from './Version.ts'

/** What a fork began with. `source` is undefined once that repository was deleted. */
export type Fork = { source: Repo | undefined; commit: string; root: string | null }

/**
 * Makes a repository with the branches, tags and history of another one and remembers where they come from. No file is
 * copied: both refer to the same bytes, which the caller pins before the transaction ends and the source may go.
 * Throws `RepoExists`, and `NotFound` where the source was deleted meanwhile.
 */
export const make = async (tx: Db, source: Repo, wish: NewRepo, now: Date): Promise<Repo> => {
  const [locked] = await tx.select().from(repos).where(eq(repos.id, source.id)).for('update')
  if (!locked) throw new NotFound('The repository was deleted meanwhile.', { code: 'repo_not_found' })
  const made = await insert(tx, { ...wish, sdk: locked.sdk ?? undefined }, now)
  for (const table of [gitObjects, blobs, commits]) await copyRows(tx, table, locked.id, made.id)
  await copyRows(tx, refs, locked.id, made.id, sql`(name like 'refs/heads/%' or name like 'refs/tags/%')`)
  // The card came along; what the source's owner signed did not.
  await copyRows(tx, evaluations, locked.id, made.id, sql`source = 'card'`)
  const [repo] = await tx.update(repos).set(described(locked)).where(eq(repos.id, made.id)).returning()
  const version = await byCommit(tx, locked.id, locked.head)
  await tx.insert(forks).values({
    repoId: made.id,
    sourceId: locked.id,
    commit: locked.head,
    root: version?.anchoredAt ? version.root : null,
    createdAt: now,
  })
  // Pull requests and what nothing leads to any more came along; the next housekeeping takes them away.
  await LostTip.record(tx, made.id, [''], now)
  return repo as Repo
}

/** What the row of a repository says about its files, and which of them it counts. */
const described = (source: Repo): Partial<Repo> => {
  const { head, card, config, facts, factsOf, fileCount, parameters, tags, pipelineTag, libraryName, usedStorage } =
    source
  return { head, card, config, facts, factsOf, fileCount, parameters, tags, pipelineTag, libraryName, usedStorage }
}

const copyRows = async (tx: Db, table: PgTable, from: string, to: string, only: SQL = sql`true`): Promise<void> => {
  const names = Object.values(getTableColumns(table)).map(({ name }) => name)
  const into = sql.join(
    names.map((name) => sql.identifier(name)),
    sql`, `,
  )
  const values = sql.join(
    names.map((name) => (name === 'repo_id' ? sql`${to}::uuid` : sql.identifier(name))),
    sql`, `,
  )
  await tx.execute(
    sql`insert into ${table} (${into}) select ${values} from ${table} where repo_id = ${from} and ${only}`,
  )
}

/** Where a repository was forked from; undefined for one that is no fork. */
export const of = async (db: Db, repoId: string): Promise<Fork | undefined> => {
  const [row] = await db
    .select({ source: repos, commit: forks.commit, root: forks.root })
    .from(forks)
    .leftJoin(repos, eq(repos.id, forks.sourceId))
    .where(eq(forks.repoId, repoId))
  return row && { ...row, source: row.source ?? undefined }
}
