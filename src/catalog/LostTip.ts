import { and, eq, gt, inArray, isNotNull, lte, sql } from 'drizzle-orm'
import type { Db } from './database.ts'
import { isAncestor } from './History.ts'
import * as LfsFile from './LfsFile.ts'
import * as Objects from './Objects.ts'
import { entriesOf } from './Tree.ts'
import {
  blobs,
  commits,
  discussions,
  gitObjects,
  lostTips,
  ociDocuments,
  refs,
  repos,
  versions,
} from './tables/index.ts'

/** How long a commit that no ref leads to can still be read and brought back. */
export const keptMs = 7 * 24 * 3_600_000

/** Remembers commits that no ref leads to any more; `''` for files that went without a commit. */
export const record = async (db: Db, repoId: string, oids: readonly string[], until: Date): Promise<void> => {
  if (oids.length === 0) return
  await db
    .insert(lostTips)
    .values([...new Set(oids)].map((oid) => ({ repoId, oid, until })))
    .onConflictDoUpdate({ target: [lostTips.repoId, lostTips.oid], set: { until } })
}

/** Remembers what moves of refs left behind. */
export const ofMoves = async (
  tx: Db,
  repoId: string,
  moves: readonly { from: string; to: string }[],
  now: Date,
): Promise<void> => {
  const lost: string[] = []
  for (const { from, to } of moves) {
    if (from !== '' && (to === '' || !(await isAncestor(tx, repoId, from, to)))) lost.push(from)
  }
  await record(tx, repoId, lost, new Date(now.getTime() + keptMs))
}

/** Repositories with something that may go now. */
export const due = async (db: Db, now: Date): Promise<string[]> => {
  const rows = await db.selectDistinct({ repoId: lostTips.repoId }).from(lostTips).where(lte(lostTips.until, now))
  return rows.map(({ repoId }) => repoId)
}

/**
 * Makes a repository forget the commits that nothing leads to, and the files that only they held: no branch, tag or pull
 * request, no published version, and no commit that was lost a moment ago.
 */
export const sweep = (db: Db, repoId: string, now: Date): Promise<void> =>
  db.transaction(async (tx) => {
    const [repo] = await tx.select({ id: repos.id }).from(repos).where(eq(repos.id, repoId)).for('update')
    if (repo) await dropUnreachable(tx, repoId, await reachableCommits(tx, repoId, await rootsOf(tx, repoId, now)))
    await tx.delete(lostTips).where(and(eq(lostTips.repoId, repoId), lte(lostTips.until, now)))
  })

const rootsOf = async (tx: Db, repoId: string, now: Date): Promise<string[]> => {
  const named = await tx.select({ oid: refs.oid }).from(refs).where(eq(refs.repoId, repoId))
  const published = await tx.select({ oid: versions.commit }).from(versions).where(eq(versions.repoId, repoId))
  const merged = await tx
    .select({ oid: discussions.mergeCommit })
    .from(discussions)
    .where(and(eq(discussions.repoId, repoId), isNotNull(discussions.mergeCommit)))
  const lost = await tx
    .select({ oid: lostTips.oid })
    .from(lostTips)
    .where(and(eq(lostTips.repoId, repoId), gt(lostTips.until, now)))
  return [...named, ...published, ...merged, ...lost].flatMap(({ oid }) => (oid ? [oid] : []))
}

/** Commits with their trees. */
const reachableCommits = async (tx: Db, repoId: string, roots: string[]): Promise<Map<string, string>> => {
  const { rows } = await tx.execute<{ oid: string; tree: string }>(sql`
    with recursive reached(oid) as (
      select unnest(${sql.param(roots)}::text[])
      union
      select unnest(c.parents) from reached join ${commits} c on c.repo_id = ${repoId} and c.oid = reached.oid
    ) select c.oid, c.tree from reached join ${commits} c on c.repo_id = ${repoId} and c.oid = reached.oid`)
  return new Map(rows.map(({ oid, tree }) => [oid, tree]))
}

const treesAtOnce = 1_000

/** All trees below some, themselves included, and the blobs in them. */
export const contents = async (
  tx: Db,
  repoId: string,
  roots: Iterable<string>,
): Promise<{ trees: Set<string>; blobs: Set<string> }> => {
  const found = { trees: new Set(roots), blobs: new Set<string>() }
  const open = [...found.trees]
  while (open.length > 0) {
    for (const entries of (await entriesOf(tx, repoId, open.splice(0, treesAtOnce))).values()) {
      for (const { mode, oid } of entries) {
        if (mode !== '40000') found.blobs.add(oid)
        else if (!found.trees.has(oid)) {
          found.trees.add(oid)
          open.push(oid)
        }
      }
    }
  }
  return found
}

const rowsAtOnce = 5_000

const dropUnreachable = async (tx: Db, repoId: string, kept: ReadonlyMap<string, string>): Promise<void> => {
  const reached = await contents(tx, repoId, kept.values())
  const objects = await tx
    .select({ oid: gitObjects.oid, kind: gitObjects.kind })
    .from(gitObjects)
    .where(eq(gitObjects.repoId, repoId))
  const gone = objects.filter(({ oid, kind }) => kind !== 'tag' && !kept.has(oid) && !reached.trees.has(oid))
  await Objects.drop(
    tx,
    repoId,
    gone.map(({ oid }) => oid),
  )
  for (let at = 0; at < gone.length; at += rowsAtOnce) {
    const oids = gone.slice(at, at + rowsAtOnce).map(({ oid }) => oid)
    await tx.delete(ociDocuments).where(and(eq(ociDocuments.repoId, repoId), inArray(ociDocuments.commit, oids)))
  }
  const files = await tx.select().from(blobs).where(eq(blobs.repoId, repoId))
  const unused = files.filter(({ oid }) => !reached.blobs.has(oid))
  for (let at = 0; at < unused.length; at += rowsAtOnce) {
    await LfsFile.forget(tx, repoId, unused.slice(at, at + rowsAtOnce))
  }
}
