import { lt, sql } from 'drizzle-orm'
import type { Db } from './database.ts'
import { attempts } from './tables/index.ts'

/** How often something may be tried within a window of time. */
export type Limit = { limit: number; windowMs: number }

const memoryMs = 24 * 3_600_000

/** Counts one try of something that may be guessed or flooded; false where it is one too many. */
export const take = async (db: Db, subject: string, { limit, windowMs }: Limit, now: Date): Promise<boolean> => {
  const windowStart = new Date(Math.floor(now.getTime() / windowMs) * windowMs)
  const [row] = await db
    .insert(attempts)
    .values({ subject, windowStart, count: 1 })
    .onConflictDoUpdate({
      target: [attempts.subject, attempts.windowStart],
      set: { count: sql`${attempts.count} + 1` },
    })
    .returning()
  if (row?.count === 1) await db.delete(attempts).where(lt(attempts.windowStart, new Date(now.getTime() - memoryMs)))
  return (row?.count ?? 1) <= limit
}
