import { randomBytes } from 'node:crypto'
import { and, eq, gt, lt } from 'drizzle-orm'
import type { Db } from './database.ts'
import { nonces } from './tables/index.ts'

const lifetimeMs = 10 * 60_000

/** A value that a login message must carry and that works once. */
export const create = async (db: Db, now: Date): Promise<string> => {
  const nonce = randomBytes(16).toString('hex')
  await db.delete(nonces).where(lt(nonces.expiresAt, now))
  await db.insert(nonces).values({ nonce, expiresAt: new Date(now.getTime() + lifetimeMs) })
  return nonce
}

/** Uses a nonce up; false where it is unknown, used or too old. */
export const use = async (db: Db, nonce: string, now: Date): Promise<boolean> => {
  const { rowCount } = await db.delete(nonces).where(and(eq(nonces.nonce, nonce), gt(nonces.expiresAt, now)))
  return rowCount === 1
}
