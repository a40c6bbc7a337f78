import { and, desc, eq, isNotNull, isNull } from 'drizzle-orm'
import type { Db } from './database.ts'
import { versions } from './tables/index.ts'

/** A manifest the hub knows; `tx` once it is anchored. */
export type Version = typeof versions.$inferSelect
export type NewVersion = Pick<
  Version,
  'repoId' | 'root' | 'manifestCid' | 'commit' | 'parent' | 'fileCount' | 'delegated'
>

/** Records a checked manifest before its transaction is sent. */
export const record = async (db: Db, version: NewVersion, now: Date): Promise<Version> => {
  const { manifestCid, commit, parent, fileCount, delegated } = version
  const [row] = await db
    .insert(versions)
    .values({ ...version, createdAt: now })
    // The same root may be tried again with another manifest as long as none is on chain.
    .onConflictDoUpdate({
      target: [versions.repoId, versions.root],
      set: { manifestCid, commit, parent, fileCount, delegated },
      setWhere: isNull(versions.anchoredAt),
    })
    .returning()
  return row ?? ((await byRoot(db, version.repoId, version.root)) as Version)
}

/** Marks a version as anchored; `tx` is null where somebody else sent it. */
export const anchored = async (db: Db, repoId: string, root: string, tx: string | null, now: Date): Promise<void> => {
  await db
    .update(versions)
    .set({ anchoredAt: now, ...(tx === null ? {} : { tx }) })
    .where(and(eq(versions.repoId, repoId), eq(versions.root, root)))
}

/** Takes back a version that the chain refused. */
export const forget = async (db: Db, repoId: string, root: string): Promise<void> => {
  await db
    .delete(versions)
    .where(and(eq(versions.repoId, repoId), eq(versions.root, root), isNull(versions.anchoredAt)))
}

export const byRoot = async (db: Db, repoId: string, root: string): Promise<Version | undefined> =>
  (
    await db
      .select()
      .from(versions)
      .where(and(eq(versions.repoId, repoId), eq(versions.root, root)))
  )[0]

/** The newest version of a commit. */
export const byCommit = async (db: Db, repoId: string, commit: string): Promise<Version | undefined> =>
  (
    await db
      .select()
      .from(versions)
      .where(and(eq(versions.repoId, repoId), eq(versions.commit, commit)))
      .orderBy(desc(versions.createdAt))
      .limit(1)
  )[0]

/** Whether any version is anchored, or on its way. */
export const any = async (db: Db, repoId: string): Promise<boolean> =>
  (await db.select({ root: versions.root }).from(versions).where(eq(versions.repoId, repoId)).limit(1)).length > 0

/** The newest anchored version. */
export const newest = async (db: Db, repoId: string): Promise<Version | undefined> =>
  (
    await db
      .select()
      .from(versions)
      .where(and(eq(versions.repoId, repoId), isNotNull(versions.anchoredAt)))
      .orderBy(desc(versions.anchoredAt))
      .limit(1)
  )[0]
