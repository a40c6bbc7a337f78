import { createHash, randomBytes } from 'node:crypto'
import { eq, lt } from 'drizzle-orm'
import type { Account } from './Account.ts'
import type { Db } from './database.ts'
import type { OauthApp } from './OauthApp.ts'
import * as OauthGrant from './OauthGrant.ts'
import { hashOf } from './Token.ts'
import { accounts, oauthCodes } from './tables/index.ts'

const lifetimeMs = 60_000
/** Used and old codes are remembered for a day, to notice replays. */
const memoryMs = 24 * 3_600_000

export type NewCode = {
  app: OauthApp
  user: Account
  redirectUri: string
  scopes: string[]
  /** Base64url SHA-256 of the verifier; only confidential clients may leave it out. */
  challenge: string | undefined
  nonce: string | undefined
}

/** A code that a program exchanges for tokens, once, within a minute. */
export const create = async (db: Db, of: NewCode, now: Date): Promise<string> => {
  await db.delete(oauthCodes).where(lt(oauthCodes.expiresAt, new Date(now.getTime() - memoryMs)))
  const code = randomBytes(32).toString('base64url')
  const { app, user, redirectUri, scopes, challenge, nonce } = of
  await db.insert(oauthCodes).values({
    ...{ hash: hashOf(code), clientId: app.id, userId: user.id, redirectUri, scopes, challenge, nonce },
    ...{ createdAt: now, expiresAt: new Date(now.getTime() + lifetimeMs) },
  })
  return code
}

/** The program that a code was made for; a public one need not name itself. */
export const clientOf = async (db: Db, code: string): Promise<string | undefined> =>
  (
    await db
      .select({ id: oauthCodes.clientId })
      .from(oauthCodes)
      .where(eq(oauthCodes.hash, hashOf(code)))
  )[0]?.id

export type Proof = { app: OauthApp; code: string; redirectUri: string | undefined; verifier: string | undefined }
export type Redeemed = OauthGrant.Issued & { nonce: string | undefined; authenticatedAt: Date }

/**
 * Exchanges a code for tokens; undefined where it is not accepted. A code that fails once is used up, and one that comes
 * again ends the tokens that it gave (RFC 6749, section 4.1.2).
 */
export const redeem = (db: Db, proof: Proof, now: Date): Promise<Redeemed | undefined> =>
  db.transaction(async (tx) => {
    const here = eq(oauthCodes.hash, hashOf(proof.code))
    const [code] = await tx.select().from(oauthCodes).where(here).for('update')
    if (code?.clientId !== proof.app.id) return undefined
    if (code.usedAt) {
      if (code.grantId) await OauthGrant.revoke(tx, code.grantId, now)
      return undefined
    }
    const good = code.expiresAt > now && code.redirectUri === proof.redirectUri && isVerified(code.challenge, proof)
    const [user] = await tx.select().from(accounts).where(eq(accounts.id, code.userId))
    const issued =
      good && user ? await OauthGrant.begin(tx, { app: proof.app, user, scopes: code.scopes }, now) : undefined
    await tx
      .update(oauthCodes)
      .set({ usedAt: now, grantId: issued?.grantId ?? null })
      .where(here)
    return issued && { ...issued, nonce: code.nonce ?? undefined, authenticatedAt: code.createdAt }
  })

/** RFC 7636, S256. */
const isVerified = (challenge: string | null, { app, verifier }: Proof): boolean => {
  if (challenge === null) return app.secretHash !== undefined && verifier === undefined
  if (verifier === undefined || !/^[A-Za-z0-9._~-]{43,128}$/.test(verifier)) return false
  return createHash('sha256').update(verifier).digest('base64url') === challenge
}
