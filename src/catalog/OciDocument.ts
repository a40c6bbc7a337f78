import { and, eq } from 'drizzle-orm'
import type { Db } from './database.ts'
import { ociDocuments } from './tables/index.ts'

/** From what a document of the registry view was made, and so can be made again. */
export type OciDocument = Pick<typeof ociDocuments.$inferSelect, 'digest' | 'part' | 'form' | 'commit' | 'file'>

/** Remembers documents that were handed out. */
export const record = async (db: Db, repoId: string, documents: OciDocument[], now: Date): Promise<void> => {
  await db
    .insert(ociDocuments)
    .values(documents.map((document) => ({ ...document, repoId, createdAt: now })))
    .onConflictDoNothing()
}

/** The document with this digest (64 hex digits), if this repository handed it out. */
export const byDigest = async (db: Db, repoId: string, digest: string): Promise<OciDocument | undefined> =>
  (
    await db
      .select()
      .from(ociDocuments)
      .where(and(eq(ociDocuments.repoId, repoId), eq(ociDocuments.digest, digest)))
  )[0]
