import { randomBytes, randomInt } from 'node:crypto'
import { and, eq, gt, lt } from 'drizzle-orm'
import type { Account } from './Account.ts'
import type { Db } from './database.ts'
import type { OauthApp } from './OauthApp.ts'
import * as OauthGrant from './OauthGrant.ts'
import { hashOf } from './Token.ts'
import { accounts, deviceCodes } from './tables/index.ts'

/** A device that waits until a person approves it (RFC 8628). */
export type DeviceCode = typeof deviceCodes.$inferSelect

const lifetimeSeconds = 900
const firstIntervalSeconds = 5
/** A timer may be early by this. */
const slackMs = 500
/** Letters that cannot be taken for others and make no words (RFC 8628, section 6.1). */
const alphabet = 'BCDFGHJKLMNPQRSTVWXZ'
const length = 8

/** A code as people read and type it: two groups of four. */
export const format = (userCode: string): string => `${userCode.slice(0, 4)}-${userCode.slice(4)}`

/** What a person typed, however they typed it; undefined where it cannot be a code. */
export const parse = (typed: string): string | undefined => {
  const letters = typed.toUpperCase().replace(/[\s-]/g, '')
  return new RegExp(`^[${alphabet}]{${length}}$`).test(letters) ? letters : undefined
}

/** Begins a sign-in on a device. */
export const create = async (db: Db, app: OauthApp, scopes: string[], now: Date) => {
  await db.delete(deviceCodes).where(lt(deviceCodes.expiresAt, new Date(now.getTime() - lifetimeSeconds * 1000)))
  const deviceCode = randomBytes(32).toString('base64url')
  const userCode = Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
  await db.insert(deviceCodes).values({
    ...{ hash: hashOf(deviceCode), userCode, clientId: app.id, scopes, status: 'pending', createdAt: now },
    ...{ intervalSeconds: firstIntervalSeconds, expiresAt: new Date(now.getTime() + lifetimeSeconds * 1000) },
  })
  return {
    ...{ deviceCode, userCode: format(userCode) },
    ...{ intervalSeconds: firstIntervalSeconds, expiresInSeconds: lifetimeSeconds },
  }
}

const waiting = (userCode: string, now: Date) =>
  and(eq(deviceCodes.userCode, userCode), eq(deviceCodes.status, 'pending'), gt(deviceCodes.expiresAt, now))

/** The device that shows this code and still waits. */
export const find = async (db: Db, userCode: string, now: Date): Promise<DeviceCode | undefined> =>
  (await db.select().from(deviceCodes).where(waiting(userCode, now)))[0]

/** Approves or denies a device in the name of a user; false where it does not wait any more. */
export const decide = async (
  db: Db,
  of: { userCode: string; user: Account; approve: boolean },
  now: Date,
): Promise<boolean> => {
  const { rowCount } = await db
    .update(deviceCodes)
    .set({ status: of.approve ? 'approved' : 'denied', userId: of.user.id })
    .where(waiting(of.userCode, now))
  return rowCount === 1
}

export type Polled =
  | { error: 'authorization_pending' | 'slow_down' | 'expired_token' | 'access_denied' | 'invalid_grant' }
  | { issued: OauthGrant.Issued }

/** What a device that asks is told; an approved one gets its tokens, once. */
export const poll = (db: Db, app: OauthApp, deviceCode: string, now: Date): Promise<Polled> =>
  db.transaction(async (tx): Promise<Polled> => {
    const here = eq(deviceCodes.hash, hashOf(deviceCode))
    const [row] = await tx.select().from(deviceCodes).where(here).for('update')
    if (!row || row.clientId !== app.id) return { error: 'invalid_grant' }
    if (row.expiresAt <= now) return { error: 'expired_token' }
    if (row.status === 'denied') return { error: 'access_denied' }
    if (row.status === 'pending') {
      const waitMs = row.intervalSeconds * 1000 - slackMs
      const early = row.polledAt !== null && now.getTime() - row.polledAt.getTime() < waitMs
      const intervalSeconds = row.intervalSeconds + (early ? 5 : 0)
      await tx.update(deviceCodes).set({ polledAt: now, intervalSeconds }).where(here)
      return { error: early ? 'slow_down' : 'authorization_pending' }
    }
    await tx.delete(deviceCodes).where(here)
    const [user] = row.userId === null ? [] : await tx.select().from(accounts).where(eq(accounts.id, row.userId))
    if (!user) return { error: 'invalid_grant' }
    return { issued: await OauthGrant.begin(tx, { app, user, scopes: row.scopes }, now) }
  })
