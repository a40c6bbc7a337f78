import { eq } from 'drizzle-orm'
import type { Source } from '../core/index.ts'
import type { Db } from './database.ts'
import { repos } from './tables/index.ts'

/** Remembers where the newest anchored version was imported from; null for what its author published. */
export const set = async (db: Db, repoId: string, source: Source.Source | null): Promise<void> => {
  await db.update(repos).set({ source }).where(eq(repos.id, repoId))
}
