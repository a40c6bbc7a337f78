import { and, eq, ne } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { searchRows } from '../tables/index.ts'

const maxLength = 8_000

/** Writes down the README's words that a repository is found by; the row is there since the repository is. */
export const put = async (db: Db, repoId: string, text: string): Promise<void> => {
  const kept = text.slice(0, maxLength).toWellFormed()
  await db
    .update(searchRows)
    .set({ text: kept })
    .where(and(eq(searchRows.repoId, repoId), ne(searchRows.text, kept)))
}
