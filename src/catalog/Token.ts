import { createHash, randomBytes } from 'node:crypto'
import { and, eq, isNull } from 'drizzle-orm'
import { BadInput, NotFound } from '../core/index.ts'
import type { Account } from './Account.ts'
import type { Db } from './database.ts'
import { accounts, tokens } from './tables/index.ts'

export type Token = typeof tokens.$inferSelect
export type Scope = Token['scope']

/** What a new token may do. `repos` are keys such as `model:ns/name`; leaving it out allows all. */
export type Grant = {
  name: string
  scope: Scope
  repos?: string[] | undefined
  spendCapMicroUsdc?: bigint | undefined
  expiresAt?: Date | undefined
}

/** A token and the user it acts for. */
export type Holder = { user: Account; token: Token }

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')

/** A new random token, `hf_` and 43 characters. The secret is returned here and nowhere else. */
export const issue = async (
  db: Db,
  user: Account,
  grant: Grant,
  now: Date,
  random: (size: number) => Buffer = randomBytes,
): Promise<{ secret: string; token: Token }> => {
  const secret = `hf_${random(32).toString('base64url')}`
  return { secret, token: await record(db, user, secret, grant, now) }
}

/** Records a token whose text was chosen elsewhere (development seeds). */
export const record = async (db: Db, user: Account, secret: string, grant: Grant, now: Date): Promise<Token> => {
  if (grant.expiresAt && grant.expiresAt <= now) {
    throw new BadInput('The expiry of a new token lies in the past.', { code: 'bad_expiry' })
  }
  const [row] = await db
    .insert(tokens)
    .values({ ...grant, userId: user.id, hash: hashOf(secret), createdAt: now })
    .onConflictDoUpdate({ target: tokens.hash, set: { name: grant.name } })
    .returning()
  return row as Token
}

/** Who acts with this token; undefined where it is unknown, expired or revoked. */
export const find = async (db: Db, secret: string, now: Date): Promise<Holder | undefined> => {
  const [row] = await db
    .select({ token: tokens, user: accounts })
    .from(tokens)
    .innerJoin(accounts, eq(accounts.id, tokens.userId))
    .where(and(eq(tokens.hash, hashOf(secret)), isNull(tokens.revokedAt)))
  if (!row || (row.token.expiresAt && row.token.expiresAt <= now)) return undefined
  return row
}

/** Whether a token may do all its user may; only such a one may make or end others, or limits would mean nothing. */
export const isUnlimited = (token: Token): boolean =>
  token.scope === 'write' && token.repos === null && token.spendCapMicroUsdc === null && token.expiresAt === null

/** A user's tokens that were not revoked. */
export const list = (db: Db, user: Account): Promise<Token[]> =>
  db
    .select()
    .from(tokens)
    .where(and(eq(tokens.userId, user.id), isNull(tokens.revokedAt)))
    .orderBy(tokens.createdAt)

/** Ends a token at once. Throws `NotFound` where the user has no such token. */
export const revoke = async (db: Db, user: Account, id: string, now: Date): Promise<void> => {
  const { rowCount } = await db
    .update(tokens)
    .set({ revokedAt: now })
    .where(and(eq(tokens.id, id), eq(tokens.userId, user.id), isNull(tokens.revokedAt)))
  if (!rowCount) throw new NotFound(`There is no token ${id} to revoke.`, { code: 'no_such_token' })
}
