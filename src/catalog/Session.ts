import { createHash, randomBytes } from 'node:crypto'
import { and, eq, gt, lt } from 'drizzle-orm'
import type { Account } from './Account.ts'
import type { Db } from './database.ts'
import { hashOf } from './Token.ts'
import { accounts, sessions } from './tables/index.ts'

export const lifetimeMs = 12 * 3_600_000

/** A secret for a browser's cookie; worth nothing until somebody signs in, who gets another one. */
export const fresh = (): string => randomBytes(32).toString('base64url')

/** What forms must carry, so that no other site can send them: known only to pages we made for this browser. */
export const formToken = (secret: string): string => createHash('sha256').update(`form:${secret}`).digest('base64url')

/** Signs a browser in; the secret is new, so nobody can have planted it. */
export const create = async (db: Db, user: Account, now: Date): Promise<string> => {
  await db.delete(sessions).where(lt(sessions.expiresAt, now))
  const secret = fresh()
  await db.insert(sessions).values({
    ...{ hash: hashOf(secret), userId: user.id, createdAt: now },
    expiresAt: new Date(now.getTime() + lifetimeMs),
  })
  return secret
}

/** Who is signed in with this secret. */
export const find = async (db: Db, secret: string, now: Date): Promise<Account | undefined> =>
  (
    await db
      .select({ user: accounts })
      .from(sessions)
      .innerJoin(accounts, eq(accounts.id, sessions.userId))
      .where(and(eq(sessions.hash, hashOf(secret)), gt(sessions.expiresAt, now)))
  )[0]?.user

export const end = async (db: Db, secret: string): Promise<void> => {
  await db.delete(sessions).where(eq(sessions.hash, hashOf(secret)))
}
