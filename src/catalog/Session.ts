import { createHash, randomBytes } from 'node:crypto'
import { and, eq, gt, lt } from 'drizzle-orm'
import type { Account } from './Account.ts'
import type { Db } from './database.ts'
import { type Holder, hashOf } from './Token.ts'
import { accounts, sessions } from './tables/index.ts'

export const lifetimeMs = 12 * 3_600_000

/** Somebody signed in with a browser. */
export type Session = { user: Account; createdAt: Date; expiresAt: Date }

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
export const find = async (db: Db, secret: string, now: Date): Promise<Session | undefined> =>
  (
    await db
      .select({ user: accounts, createdAt: sessions.createdAt, expiresAt: sessions.expiresAt })
      .from(sessions)
      .innerJoin(accounts, eq(accounts.id, sessions.userId))
      .where(and(eq(sessions.hash, hashOf(secret)), gt(sessions.expiresAt, now)))
  )[0]

/**
 * A session as routes know callers: with all the rights of its user, as with an unlimited token. The token is in no table,
 * so nothing that outlives the session (a grant of the Xet store) can be made with it.
 */
export const holderOf = ({ user, createdAt }: Session, secret: string): Holder => {
  const id = hashOf(`id:${secret}`).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
  const limits = { rights: null, grantId: null, spendCapMicroUsdc: null }
  const times = { createdAt, expiresAt: null, revokedAt: null, lastUsedAt: null }
  return { user, token: { id, userId: user.id, name: 'browser', hash: '', scope: 'write', ...limits, ...times } }
}

export const end = async (db: Db, secret: string): Promise<void> => {
  await db.delete(sessions).where(eq(sessions.hash, hashOf(secret)))
}
