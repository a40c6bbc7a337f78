import { and, desc, eq, sql } from 'drizzle-orm'
import type { Account } from './Account.ts'
import type { Db } from './database.ts'
import * as MomentCursor from './MomentCursor.ts'
import { type Repo, visible } from './Repo.ts'
import type { Holder } from './Token.ts'
import { accounts, likes, repos } from './tables/index.ts'

/** Likes a repository; a second like of the same person changes nothing. */
export const add = (db: Db, repoId: string, userId: string, now: Date): Promise<void> =>
  db.transaction(async (tx) => {
    const { rowCount } = await tx.insert(likes).values({ repoId, userId, createdAt: now }).onConflictDoNothing()
    if (!rowCount) return
    await tx
      .update(repos)
      .set({ likes: sql`${repos.likes} + 1` })
      .where(eq(repos.id, repoId))
  })

/** Takes a like back, where there is one. */
export const remove = (db: Db, repoId: string, userId: string): Promise<void> =>
  db.transaction(async (tx) => {
    const { rowCount } = await tx.delete(likes).where(and(eq(likes.repoId, repoId), eq(likes.userId, userId)))
    if (!rowCount) return
    await tx
      .update(repos)
      .set({ likes: sql`${repos.likes} - 1` })
      .where(eq(repos.id, repoId))
  })

export type Liker = { account: Account; at: string }

/** One page of the people who like a repository, newest first. */
export const likers = (db: Db, repoId: string, { limit, after }: MomentCursor.Page): Promise<Liker[]> =>
  db
    .select({ account: accounts, at: MomentCursor.exactly(likes.createdAt) })
    .from(likes)
    .innerJoin(accounts, eq(accounts.id, likes.userId))
    .where(and(eq(likes.repoId, repoId), MomentCursor.beyond(after, likes.createdAt, likes.userId)))
    .orderBy(desc(likes.createdAt), desc(likes.userId))
    .limit(limit)

export type Liked = { repo: Repo; createdAt: Date; at: string }

/** One page of what a person likes, as far as the one who asks may see it; newest first. */
export const ofUser = async (
  db: Db,
  userId: string,
  viewer: Holder | undefined,
  { limit, after }: MomentCursor.Page,
): Promise<Liked[]> =>
  db
    .select({ repo: repos, createdAt: likes.createdAt, at: MomentCursor.exactly(likes.createdAt) })
    .from(likes)
    .innerJoin(repos, eq(repos.id, likes.repoId))
    .where(
      and(
        eq(likes.userId, userId),
        await visible(db, viewer),
        MomentCursor.beyond(after, likes.createdAt, likes.repoId),
      ),
    )
    .orderBy(desc(likes.createdAt), desc(likes.repoId))
    .limit(limit)
