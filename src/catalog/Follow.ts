import { and, desc, eq } from 'drizzle-orm'
import type { Account } from './Account.ts'
import type { Db } from './database.ts'
import * as MomentCursor from './MomentCursor.ts'
import { accounts, follows } from './tables/index.ts'

/** Lets a person follow a person or an organisation; a second time changes nothing. */
export const add = async (db: Db, followerId: string, followedId: string, now: Date): Promise<void> => {
  await db.insert(follows).values({ followerId, followedId, createdAt: now }).onConflictDoNothing()
}

export const remove = async (db: Db, followerId: string, followedId: string): Promise<void> => {
  await db.delete(follows).where(and(eq(follows.followerId, followerId), eq(follows.followedId, followedId)))
}

/** Whether somebody follows an account. */
export const isFollowing = async (db: Db, followerId: string, followedId: string): Promise<boolean> =>
  (await db.$count(follows, and(eq(follows.followerId, followerId), eq(follows.followedId, followedId)))) > 0

const sides = {
  followers: { of: follows.followedId, other: follows.followerId },
  following: { of: follows.followerId, other: follows.followedId },
} as const
export type Side = keyof typeof sides

/** One page of those who follow an account, or of those it follows; newest first. */
export const list = (
  db: Db,
  side: Side,
  accountId: string,
  { limit, after }: MomentCursor.Page,
): Promise<{ account: Account; at: string }[]> => {
  const { of, other } = sides[side]
  return db
    .select({ account: accounts, at: MomentCursor.exactly(follows.createdAt) })
    .from(follows)
    .innerJoin(accounts, eq(accounts.id, other))
    .where(and(eq(of, accountId), MomentCursor.beyond(after, follows.createdAt, other)))
    .orderBy(desc(follows.createdAt), desc(other))
    .limit(limit)
}
