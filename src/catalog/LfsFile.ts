import { and, eq, gt, inArray, sql } from 'drizzle-orm'
import type { Blob } from './Blob.ts'
import type { Db } from './database.ts'
import { blobs, lfsFiles, repos } from './tables/index.ts'

/** A large file of a repository, and how it first came in; `path` is one of possibly many. */
export type LfsFile = { oid: string; sha256: string; size: number; path: string; ref: string | null; pushedAt: Date }

/** Remembers how large files came in; what is known already stays. */
export const record = async (tx: Db, repoId: string, rows: Omit<typeof lfsFiles.$inferInsert, 'repoId'>[]) => {
  for (let at = 0; at < rows.length; at += 5_000) {
    const values = rows.slice(at, at + 5_000).map((row) => ({ ...row, repoId }))
    await tx.insert(lfsFiles).values(values).onConflictDoNothing()
  }
}

/** One page of a repository's large files, ordered by the id of their pointer. */
export const list = async (db: Db, repoId: string, after: string, limit: number): Promise<LfsFile[]> => {
  const rows = await db
    .select({
      oid: blobs.oid,
      sha256: blobs.sha256,
      size: blobs.size,
      path: lfsFiles.path,
      ref: lfsFiles.ref,
      pushedAt: lfsFiles.pushedAt,
      createdAt: repos.createdAt,
    })
    .from(blobs)
    .innerJoin(repos, eq(repos.id, blobs.repoId))
    .leftJoin(lfsFiles, and(eq(lfsFiles.repoId, blobs.repoId), eq(lfsFiles.oid, blobs.oid)))
    .where(and(eq(blobs.repoId, repoId), eq(blobs.lfs, true), gt(blobs.oid, after)))
    .orderBy(blobs.oid)
    .limit(limit)
  return rows.map(({ createdAt, path, pushedAt, ...row }) => ({
    ...row,
    path: path || row.sha256,
    pushedAt: pushedAt ?? createdAt,
  }))
}

/** The large files of a repository with these SHA-256. */
export const bySha256 = async (db: Db, repoId: string, sha256: string[]): Promise<Blob[]> => {
  const rows = await db
    .select()
    .from(blobs)
    .where(and(eq(blobs.repoId, repoId), eq(blobs.lfs, true), inArray(blobs.sha256, sha256)))
  return rows.map(({ repoId: _, ...blob }) => blob)
}

/** Makes a repository forget contents; the room they took is free again. */
export const forget = async (tx: Db, repoId: string, gone: readonly Blob[]): Promise<void> => {
  const oids = gone.map(({ oid }) => oid)
  await tx.delete(blobs).where(and(eq(blobs.repoId, repoId), inArray(blobs.oid, oids)))
  await tx.delete(lfsFiles).where(and(eq(lfsFiles.repoId, repoId), inArray(lfsFiles.oid, oids)))
  const bytes = gone.reduce((sum, { size }) => sum + size, 0)
  await tx
    .update(repos)
    .set({ usedStorage: sql`greatest(0, ${repos.usedStorage} - ${bytes})` })
    .where(eq(repos.id, repoId))
}

/** Puts the pointer in the place of what it points to, as git holds it. */
export const leavePointers = async (tx: Db, repoId: string, pointers: readonly Blob[]): Promise<void> => {
  for (const { oid, sha256, cid, size } of pointers) {
    const [old] = await tx
      .select({ size: blobs.size })
      .from(blobs)
      .where(and(eq(blobs.repoId, repoId), eq(blobs.oid, oid)))
    await tx
      .update(blobs)
      .set({ sha256, cid, size, lfs: false })
      .where(and(eq(blobs.repoId, repoId), eq(blobs.oid, oid)))
    await tx
      .update(repos)
      .set({ usedStorage: sql`greatest(0, ${repos.usedStorage} - ${(old?.size ?? size) - size})` })
      .where(eq(repos.id, repoId))
  }
}
