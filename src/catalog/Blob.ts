import { and, eq, exists, isNull, lt, type SQL, sql } from 'drizzle-orm'
import { downloadable } from './AccessRequest.ts'
import type { Db } from './database.ts'
import * as Engagement from './Engagement.ts'
import type { Holder } from './Token.ts'
import { blobs, repos, uploads, versions } from './tables/index.ts'

/** The contents of a file: `oid` is git's blob id (of the pointer where `lfs`), `sha256`, `cid` and `size` those of the bytes. */
export type Blob = Omit<typeof blobs.$inferSelect, 'repoId'>

/** Bytes in the store. */
export type Stored = { sha256: string; cid: string; size: number }

/** The contents behind git blob ids of one repository. */
export const byOid = async (db: Db, repoId: string, oids: string[]): Promise<Map<string, Blob>> => {
  const found = new Map<string, Blob>()
  if (oids.length === 0) return found
  // One array: ten thousand parameters take longer to write down than to look up.
  const rows = await db
    .select()
    .from(blobs)
    .where(and(eq(blobs.repoId, repoId), sql`${blobs.oid} = any(${sql.param(oids)}::text[])`))
  for (const { repoId: _, ...blob } of rows) found.set(blob.oid, blob)
  return found
}

/**
 * Makes contents referable by a repository, and says how many bytes that adds to it. A pointer's blob id means the large
 * file, whoever wrote it first.
 */
export const insert = async (db: Db, repoId: string, rows: readonly Blob[]): Promise<number> => {
  const unique = [...new Map(rows.map((row) => [row.oid, row])).values()]
  let bytes = 0
  for (let at = 0; at < unique.length; at += 5_000) {
    const values = unique.slice(at, at + 5_000).map((row) => ({ ...row, repoId }))
    const added = await db
      .insert(blobs)
      .values(values)
      // A pointer that was left alone gets its file back.
      .onConflictDoUpdate({
        target: [blobs.repoId, blobs.oid],
        set: { sha256: sql`excluded.sha256`, cid: sql`excluded.cid`, size: sql`excluded.size`, lfs: true },
        setWhere: sql`excluded.lfs and not ${blobs.lfs}`,
      })
      .returning({ size: blobs.size })
    for (const { size } of added) bytes += size
  }
  return bytes
}

/** Remembers that this user has sent these bytes. */
export const recordUpload = async (db: Db, userId: string, stored: Stored, now: Date): Promise<void> => {
  await db
    .insert(uploads)
    .values({ ...stored, userId, createdAt: now })
    .onConflictDoUpdate({ target: [uploads.userId, uploads.sha256], set: { createdAt: now } })
}

/** Forgets uploads before a moment. What came of them in the meantime is referred to by a repository. */
export const dropUploads = async (db: Db, before: Date): Promise<void> => {
  await db.delete(uploads).where(lt(uploads.createdAt, before))
}

/** The bytes with this SHA-256, if this user has sent them. */
export const sentBy = async (db: Db, userId: string, sha256: string): Promise<Stored | undefined> => {
  const [sent] = await db
    .select({ sha256: uploads.sha256, cid: uploads.cid, size: uploads.size })
    .from(uploads)
    .where(and(eq(uploads.userId, userId), eq(uploads.sha256, sha256)))
  return sent
}

/**
 * The bytes with this SHA-256, if the caller sent them or can read them somewhere; undefined otherwise.
 * Knowing a hash gives no right to the bytes.
 */
export const referable = async (db: Db, sha256: string, holder: Holder): Promise<Stored | undefined> => {
  const sent = await sentBy(db, holder.user.id, sha256)
  if (sent) return sent
  const [read] = await db
    .select({ cid: blobs.cid, size: blobs.size })
    .from(blobs)
    .innerJoin(repos, eq(repos.id, blobs.repoId))
    .where(and(eq(blobs.sha256, sha256), await downloadable(db, holder)))
    .limit(1)
  return read && { sha256, ...read }
}

/**
 * Whether a public repository that is not gated reaches this CID as a file, or any public one as a manifest: what the open
 * IPFS gateway may serve.
 */
export const isPublic = async (db: Db, cid: string): Promise<boolean> => {
  const open = (table: typeof blobs | typeof versions, match: SQL) =>
    exists(
      db
        .select({ one: sql`1` })
        .from(table)
        .innerJoin(repos, eq(repos.id, table.repoId))
        .where(and(match, eq(repos.visibility, 'public'))),
    )
  const file = open(blobs, and(eq(blobs.cid, cid), isNull(repos.gated)) as SQL)
  const manifest = open(versions, eq(versions.manifestCid, cid))
  const found = await db.execute(sql`select (${file} or ${manifest} or ${Engagement.isDocument(cid)}) as open`)
  return found.rows[0]?.open === true
}

/** The large file with this SHA-256 in a repository. */
export const inRepo = async (db: Db, repoId: string, sha256: string): Promise<Stored | undefined> =>
  (
    await db
      .select({ sha256: blobs.sha256, cid: blobs.cid, size: blobs.size })
      .from(blobs)
      .where(and(eq(blobs.repoId, repoId), eq(blobs.sha256, sha256), eq(blobs.lfs, true)))
      .limit(1)
  )[0]

/** The file with this SHA-256 in a repository, large or small. */
export const anyInRepo = async (db: Db, repoId: string, sha256: string): Promise<Stored | undefined> =>
  (
    await db
      .select({ sha256: blobs.sha256, cid: blobs.cid, size: blobs.size })
      .from(blobs)
      .where(and(eq(blobs.repoId, repoId), eq(blobs.sha256, sha256)))
      .limit(1)
  )[0]

/** The CIDs of all files of a repository. */
export const cidsOf = async (db: Db, repoId: string): Promise<string[]> =>
  (await db.selectDistinct({ cid: blobs.cid }).from(blobs).where(eq(blobs.repoId, repoId))).map(({ cid }) => cid)

/** CIDs that garbage collection has to keep: all that a repository, an upload or a version refers to. */
export async function* kept(db: Db, pageSize = 10_000): AsyncGenerator<string> {
  for (let after = ''; ; ) {
    const page = await db.execute<{ cid: string }>(sql`
      select cid from (
        select cid from ${blobs} union select cid from ${uploads} union select manifest_cid from ${versions}
      ) as referred where cid > ${after} order by cid limit ${pageSize}`)
    for (const { cid } of page.rows) yield cid
    const last = page.rows.at(-1)
    if (!last || page.rows.length < pageSize) return
    after = last.cid
  }
}
