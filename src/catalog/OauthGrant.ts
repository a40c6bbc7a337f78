import { randomBytes } from 'node:crypto'
import { and, desc, eq, isNotNull, isNull, lt } from 'drizzle-orm'
import { NotFound } from '../core/index.ts'
import type { Account } from './Account.ts'
import type { Db } from './database.ts'
import type { OauthApp } from './OauthApp.ts'
import { rightsOf } from './OauthScope.ts'
import * as Token from './Token.ts'
import { accounts, oauthGrants, oauthRefreshTokens, tokens } from './tables/index.ts'

/** One permission given to one program; all tokens that come of it end together. */
export type OauthGrant = typeof oauthGrants.$inferSelect

/** What a program gets. */
export type Issued = {
  accessToken: string
  refreshToken: string
  expiresInSeconds: number
  scopes: string[]
  user: Account
  grantId: string
}

const refreshMs = 90 * 24 * 3_600_000

/** Gives a program its first tokens. */
export const begin = async (
  db: Db,
  of: { app: OauthApp; user: Account; scopes: string[] },
  now: Date,
): Promise<Issued> => {
  const { app, user, scopes } = of
  const [grant] = await db
    .insert(oauthGrants)
    .values({ clientId: app.id, userId: user.id, scopes, createdAt: now })
    .returning()
  return issue(db, { app, user, scopes, grantId: (grant as OauthGrant).id }, now)
}

const issue = async (
  db: Db,
  { app, user, scopes, grantId }: { app: OauthApp; user: Account; scopes: string[]; grantId: string },
  now: Date,
): Promise<Issued> => {
  const { secret } = await Token.issue(
    db,
    user,
    {
      ...{ name: app.name, scope: 'fineGrained', rights: rightsOf(scopes), grantId },
      expiresAt: new Date(now.getTime() + app.accessSeconds * 1000),
    },
    now,
  )
  await db.delete(tokens).where(and(eq(tokens.grantId, grantId), lt(tokens.expiresAt, now)))
  await db
    .delete(oauthRefreshTokens)
    .where(and(eq(oauthRefreshTokens.grantId, grantId), lt(oauthRefreshTokens.expiresAt, now)))
  const refreshToken = `hf_refresh_${randomBytes(32).toString('base64url')}`
  await db.insert(oauthRefreshTokens).values({
    ...{ hash: Token.hashOf(refreshToken), grantId, createdAt: now },
    expiresAt: new Date(now.getTime() + refreshMs),
  })
  return { accessToken: secret, refreshToken, expiresInSeconds: app.accessSeconds, scopes, user, grantId }
}

/**
 * Exchanges a refresh token for new tokens; each works once. One that comes a second time was stolen or copied: then the
 * whole family ends (RFC 9700, section 4.14). Undefined where it is not accepted.
 */
export const refresh = (
  db: Db,
  { app, secret, scopes }: { app: OauthApp; secret: string; scopes?: string[] | undefined },
  now: Date,
): Promise<Issued | undefined> =>
  db.transaction(async (tx) => {
    const here = eq(oauthRefreshTokens.hash, Token.hashOf(secret))
    const [old] = await tx.select().from(oauthRefreshTokens).where(here).for('update')
    if (!old || old.expiresAt <= now) return undefined
    const [row] = await tx
      .select({ grant: oauthGrants, user: accounts })
      .from(oauthGrants)
      .innerJoin(accounts, eq(accounts.id, oauthGrants.userId))
      .where(and(eq(oauthGrants.id, old.grantId), eq(oauthGrants.clientId, app.id), isNull(oauthGrants.revokedAt)))
    if (!row) return undefined
    if (old.usedAt) {
      await revoke(tx, row.grant.id, now)
      return undefined
    }
    const wanted = scopes ?? row.grant.scopes
    if (wanted.some((scope) => !row.grant.scopes.includes(scope))) return undefined
    await tx.update(oauthRefreshTokens).set({ usedAt: now }).where(here)
    return issue(tx, { app, user: row.user, scopes: wanted, grantId: row.grant.id }, now)
  })

/** Ends a permission with all its tokens. */
export const revoke = async (db: Db, grantId: string, now: Date): Promise<void> => {
  await db.update(oauthGrants).set({ revokedAt: now }).where(eq(oauthGrants.id, grantId))
  await db
    .update(tokens)
    .set({ revokedAt: now })
    .where(and(eq(tokens.grantId, grantId), isNull(tokens.revokedAt)))
}

/** The permission that an access or refresh token of this program came of. */
export const ofSecret = async (db: Db, app: OauthApp, secret: string): Promise<OauthGrant | undefined> => {
  const hash = Token.hashOf(secret)
  const mine = eq(oauthGrants.clientId, app.id)
  const [byToken] = await db
    .select({ grant: oauthGrants })
    .from(tokens)
    .innerJoin(oauthGrants, eq(oauthGrants.id, tokens.grantId))
    .where(and(eq(tokens.hash, hash), isNotNull(tokens.grantId), mine))
  if (byToken) return byToken.grant
  const [byRefresh] = await db
    .select({ grant: oauthGrants })
    .from(oauthRefreshTokens)
    .innerJoin(oauthGrants, eq(oauthGrants.id, oauthRefreshTokens.grantId))
    .where(and(eq(oauthRefreshTokens.hash, hash), mine))
  return byRefresh?.grant
}

export const byId = async (db: Db, id: string): Promise<OauthGrant | undefined> =>
  (await db.select().from(oauthGrants).where(eq(oauthGrants.id, id)))[0]

/** The newest permissions somebody gave and did not take back. */
export const listOf = (db: Db, user: Account): Promise<OauthGrant[]> =>
  db
    .select()
    .from(oauthGrants)
    .where(and(eq(oauthGrants.userId, user.id), isNull(oauthGrants.revokedAt)))
    .orderBy(desc(oauthGrants.createdAt))
    .limit(1000)

/** Takes one's own permission back. Throws `NotFound`. */
export const revokeOwn = async (db: Db, user: Account, id: string, now: Date): Promise<OauthGrant> => {
  const grant = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? await byId(db, id) : undefined
  if (grant?.userId !== user.id || grant.revokedAt) {
    throw new NotFound(`You gave no permission ${id.slice(0, 80)}.`, { code: 'no_such_grant' })
  }
  await db.transaction((tx) => revoke(tx, id, now))
  return grant
}
