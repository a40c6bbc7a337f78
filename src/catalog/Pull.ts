import { and, desc, eq, gte, inArray, sql } from 'drizzle-orm'
import { type Hex, PullReceipt } from '../core/index.ts'
import type { Db } from './database.ts'
import { pullDays, pulls } from './tables/index.ts'

/** How many days `verifiedPulls` goes back. */
export const shownDays = 30

export type Signed = { receipt: PullReceipt.PullReceipt; signer: Hex; signature: Hex }

/**
 * Keeps a receipt, unless this person has one of this version and day. `person` is the tag that stands for them, also where
 * their wallet signed. Whether it was new is the answer.
 */
export const record = (
  db: Db,
  repoId: string,
  person: string,
  { receipt, signer, signature }: Signed,
  now: Date,
): Promise<boolean> =>
  db.transaction(async (tx) => {
    const { repo, versionRoot: root, day } = receipt
    const row = { repoId, root, day, person, repo, by: PullReceipt.by(receipt), signer, signature, createdAt: now }
    const { rowCount } = await tx.insert(pulls).values(row).onConflictDoNothing()
    if (!rowCount) return false
    await tx
      .insert(pullDays)
      .values({ repoId, day, root, pulls: 1 })
      .onConflictDoUpdate({
        target: [pullDays.repoId, pullDays.day, pullDays.root],
        set: { pulls: sql`${pullDays.pulls} + 1` },
      })
    return true
  })

/** Receipts of the last 30 days, by repository; one without any is left out. */
export const recent = async (db: Db, repoIds: readonly string[], now: Date): Promise<Map<string, number>> => {
  if (repoIds.length === 0) return new Map()
  const rows = await db
    .select({ repoId: pullDays.repoId, pulls: sql<number>`sum(${pullDays.pulls})::int` })
    .from(pullDays)
    .where(and(inArray(pullDays.repoId, [...repoIds]), gte(pullDays.day, firstShown(now))))
    .groupBy(pullDays.repoId)
  return new Map(rows.map(({ repoId, pulls }) => [repoId, pulls]))
}

const firstShown = (now: Date): number => PullReceipt.dayOf(now.getTime()) - shownDays + 1

export type Day = { day: number; root: string; pulls: number }

/** Counts by day and version, newest first. */
export const days = (db: Db, repoId: string, limit: number): Promise<Day[]> =>
  db
    .select({ day: pullDays.day, root: pullDays.root, pulls: pullDays.pulls })
    .from(pullDays)
    .where(eq(pullDays.repoId, repoId))
    .orderBy(desc(pullDays.day), desc(pullDays.pulls), pullDays.root)
    .limit(limit)
