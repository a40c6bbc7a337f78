import { and, asc, eq, exists, gt, inArray, or, type SQL, sql } from 'drizzle-orm'
import { downloadable } from './AccessRequest.ts'
import type { Db } from './database.ts'
import type { Holder } from './Token.ts'
import { blobs, repos, uploads, xetChunks, xetFiles, xetUploads, xetUses } from './tables/index.ts'

/** A file kept as chunks; `hash` is the one Xet clients know it by. */
export type File = typeof xetFiles.$inferSelect

/** Chunks `start` to `end` (exclusive) of a xorb. */
export type Range = { start: number; end: number }

const rowsAtOnce = 5_000

/** Remembers that this user has sent this xorb. */
export const recordXorb = async (db: Db, userId: string, xorb: string, now: Date): Promise<void> => {
  await db.insert(xetUploads).values({ userId, xorb, createdAt: now }).onConflictDoNothing()
}

/** What a new file is: its name, the chunks it is made of, and those that clients may ask about. */
export type NewFile = { file: File; uses: Map<string, Range[]>; chunks: Iterable<string> }

/** Remembers a file that is kept as chunks. */
export const recordFile = async (db: Db, { file, uses, chunks }: NewFile): Promise<void> => {
  const { cid } = file
  await db.transaction(async (tx) => {
    await tx
      .insert(xetFiles)
      .values(file)
      .onConflictDoUpdate({ target: xetFiles.cid, set: { hash: file.hash } })
    const useRows = [...uses].map(([xorb, ranges]) => ({ xorb, cid, ranges: textOf(ranges) }))
    for (const rows of pages(useRows)) await tx.insert(xetUses).values(rows).onConflictDoNothing()
    const chunkRows = [...new Set(chunks)].map((chunk) => ({ chunk, cid }))
    for (const rows of pages(chunkRows)) await tx.insert(xetChunks).values(rows).onConflictDoNothing()
  })
}

/** The Xet hashes of those of the files that are kept as chunks, by CID. */
export const hashes = async (db: Db, cids: string[]): Promise<Map<string, string>> => {
  const found = new Map<string, string>()
  for (const some of pages(cids)) {
    const rows = await db
      .select({ cid: xetFiles.cid, hash: xetFiles.hash })
      .from(xetFiles)
      .where(inArray(xetFiles.cid, some))
    for (const { cid, hash } of rows) found.set(cid, hash)
  }
  return found
}

/** The file with this Xet hash, whoever has it. */
export const byHash = async (db: Db, hash: string): Promise<File | undefined> =>
  (await db.select().from(xetFiles).where(eq(xetFiles.hash, hash)).limit(1))[0]

/** The file with this Xet hash in a repository. */
export const inRepo = async (db: Db, repoId: string, hash: string): Promise<File | undefined> => {
  const held = db
    .select({ one: sql`1` })
    .from(blobs)
    .where(and(eq(blobs.repoId, repoId), eq(blobs.cid, xetFiles.cid)))
  return (
    await db
      .select()
      .from(xetFiles)
      .where(and(eq(xetFiles.hash, hash), exists(held)))
      .limit(1)
  )[0]
}

/** Those of the xorbs that this user has sent. */
export const sent = async (db: Db, userId: string, xorbs: string[]): Promise<Set<string>> => {
  const found = new Set<string>()
  for (const some of pages(xorbs)) {
    const rows = await db
      .select({ xorb: xetUploads.xorb })
      .from(xetUploads)
      .where(and(eq(xetUploads.userId, userId), inArray(xetUploads.xorb, some)))
    for (const { xorb } of rows) found.add(xorb)
  }
  return found
}

/** Which chunks of the xorbs this caller can read in some file, or has sent in one. */
export const readable = async (db: Db, holder: Holder, xorbs: string[]): Promise<Map<string, Range[]>> => {
  const found = new Map<string, Range[]>()
  for (const some of pages(xorbs)) {
    const rows = await db
      .select({ xorb: xetUses.xorb, ranges: sql<string>`range_agg(${xetUses.ranges})::text` })
      .from(xetUses)
      .where(and(inArray(xetUses.xorb, some), await readableFile(db, xetUses.cid, holder)))
      .groupBy(xetUses.xorb)
    for (const { xorb, ranges } of rows) found.set(xorb, rangesOf(ranges))
  }
  return found
}

/** A file that this caller can read and that has this chunk. */
export const withChunk = async (db: Db, holder: Holder | undefined, chunk: string): Promise<string | undefined> => {
  const [row] = await db
    .select({ cid: xetChunks.cid })
    .from(xetChunks)
    .where(and(eq(xetChunks.chunk, chunk), await readableFile(db, xetChunks.cid, holder)))
    .limit(1)
  return row?.cid
}

/** What of the bytes is in the store. */
export type Presence = { hasFile: (cid: string) => Promise<boolean>; hasXorb: (xorb: string) => Promise<boolean> }

/** Forgets files and xorbs that the store has let go of; what is sent again meanwhile is remembered. */
export const forgetGone = async (db: Db, { hasFile, hasXorb }: Presence): Promise<void> => {
  await forget(db, filePages(db), hasFile, async (tx, cids) => {
    // First, because a file that is sent again waits for these rows.
    await tx.delete(xetFiles).where(inArray(xetFiles.cid, cids))
    await tx.delete(xetUses).where(inArray(xetUses.cid, cids))
    await tx.delete(xetChunks).where(inArray(xetChunks.cid, cids))
  })
  await forget(db, sentPages(db), hasXorb, async (tx, xorbs) => {
    await tx.delete(xetUploads).where(inArray(xetUploads.xorb, xorbs))
  })
}

const forget = async (
  db: Db,
  named: AsyncIterable<string[]>,
  isHere: (name: string) => Promise<boolean>,
  remove: (tx: Db, names: string[]) => Promise<void>,
): Promise<void> => {
  for await (const names of named) {
    const gone: string[] = []
    for (const name of names) if (!(await isHere(name))) gone.push(name)
    if (gone.length === 0) continue
    await db
      .transaction(async (tx) => {
        await remove(tx, gone)
        for (const name of gone) if (await isHere(name)) throw new CameBack()
      })
      .catch((error: unknown) => {
        // The next round looks at all of them again.
        if (!(error instanceof CameBack)) throw error
      })
  }
}

class CameBack extends Error {}

async function* filePages(db: Db): AsyncGenerator<string[]> {
  for (let after = ''; ; ) {
    const rows = await db
      .select({ cid: xetFiles.cid })
      .from(xetFiles)
      .where(gt(xetFiles.cid, after))
      .orderBy(asc(xetFiles.cid))
      .limit(rowsAtOnce)
    const last = rows.at(-1)
    if (!last) return
    yield rows.map(({ cid }) => cid)
    after = last.cid
  }
}

async function* sentPages(db: Db): AsyncGenerator<string[]> {
  const { userId, xorb } = xetUploads
  for (let after = { userId: '00000000-0000-0000-0000-000000000000', xorb: '' }; ; ) {
    const rows = await db
      .select({ userId, xorb })
      .from(xetUploads)
      .where(sql`(${userId}, ${xorb}) > (${after.userId}::uuid, ${after.xorb})`)
      .orderBy(asc(userId), asc(xorb))
      .limit(rowsAtOnce)
    const last = rows.at(-1)
    if (!last) return
    yield [...new Set(rows.map((row) => row.xorb))]
    after = last
  }
}

const readableFile = async (
  db: Db,
  cid: typeof xetUses.cid | typeof xetChunks.cid,
  holder: Holder | undefined,
): Promise<SQL | undefined> => {
  const one = { one: sql`1` }
  const read = db
    .select(one)
    .from(blobs)
    .innerJoin(repos, eq(repos.id, blobs.repoId))
    .where(and(eq(blobs.cid, cid), await downloadable(db, holder)))
  if (!holder) return exists(read)
  const own = db
    .select(one)
    .from(uploads)
    .where(and(eq(uploads.userId, holder.user.id), eq(uploads.cid, cid)))
  return or(exists(own), exists(read))
}

const textOf = (ranges: Range[]): string => `{${ranges.map(({ start, end }) => `[${start},${end})`).join(',')}}`

const rangesOf = (text: string): Range[] =>
  [...text.matchAll(/\[(\d+),(\d+)\)/g)].map(([, start, end]) => ({ start: Number(start), end: Number(end) }))

function* pages<T>(rows: T[]): Generator<T[]> {
  for (let at = 0; at < rows.length; at += rowsAtOnce) yield rows.slice(at, at + rowsAtOnce)
}
