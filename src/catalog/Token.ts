import { createHash, randomBytes } from 'node:crypto'
import { and, eq, inArray, isNull, lt, or, type SQL, sql } from 'drizzle-orm'
import { BadInput, NotFound } from '../core/index.ts'
import type { Account } from './Account.ts'
import type { Db } from './database.ts'
import * as Rights from './Rights.ts'
import { accounts, repos, tokens } from './tables/index.ts'

export type Token = typeof tokens.$inferSelect
export type Scope = Token['scope']

/** What a new token may do. A `fineGrained` one has `rights`. */
export type Grant = {
  name: string
  scope: Scope
  rights?: Rights.Rights | undefined
  spendCapMicroUsdc?: bigint | undefined
  expiresAt?: Date | undefined
  /** The permission of a program that this token comes of. */
  grantId?: string | undefined
}

/** A token and the user it acts for. */
export type Holder = { user: Account; token: Token }

/** The SHA-256 under which a secret text is stored. */
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')

/** A new random token, `hf_` and 43 characters. The secret is returned here and nowhere else. */
export const issue = async (
  db: Db,
  user: Account,
  grant: Grant,
  now: Date,
  random: (size: number) => Buffer = randomBytes,
): Promise<{ secret: string; token: Token }> => {
  const secret = `${grant.grantId === undefined ? 'hf_' : 'hf_oauth_'}${random(32).toString('base64url')}`
  return { secret, token: await record(db, user, secret, grant, now) }
}

/** Records a token whose text was chosen elsewhere (development seeds). */
export const record = async (db: Db, user: Account, secret: string, grant: Grant, now: Date): Promise<Token> => {
  if (grant.expiresAt && grant.expiresAt <= now) {
    throw new BadInput('The expiry of a new token lies in the past.', { code: 'bad_expiry' })
  }
  if ((grant.scope === 'fineGrained') !== (grant.rights !== undefined)) {
    throw new BadInput('A fine-grained token has rights of its own, and only such a one has.', { code: 'bad_rights' })
  }
  const [row] = await db
    .insert(tokens)
    .values({ ...grant, userId: user.id, hash: hashOf(secret), createdAt: now })
    .onConflictDoUpdate({ target: tokens.hash, set: { name: grant.name } })
    .returning()
  return row as Token
}

const useEveryMs = 3_600_000

/** Who acts with this token; undefined where it is unknown, expired or revoked. */
export const find = async (db: Db, secret: string, now: Date): Promise<Holder | undefined> => {
  const row = await live(db, eq(tokens.hash, hashOf(secret)), now)
  if (row) await noteUse(db, row.token, now)
  return row
}

/** As {@link find}, by the token's id, for what was made with it. */
export const byId = (db: Db, id: string, now: Date): Promise<Holder | undefined> => live(db, eq(tokens.id, id), now)

const live = async (db: Db, match: SQL, now: Date): Promise<Holder | undefined> => {
  const [row] = await db
    .select({ token: tokens, user: accounts })
    .from(tokens)
    .innerJoin(accounts, eq(accounts.id, tokens.userId))
    .where(and(match, isNull(tokens.revokedAt)))
  return !row || (row.token.expiresAt && row.token.expiresAt <= now) ? undefined : row
}

/** Once an hour is enough to find forgotten tokens, and costs no write per request. */
const noteUse = async (db: Db, { id, lastUsedAt }: Token, now: Date): Promise<void> => {
  const stale = new Date(now.getTime() - useEveryMs)
  if (lastUsedAt && lastUsedAt > stale) return
  await db
    .update(tokens)
    .set({ lastUsedAt: now })
    .where(and(eq(tokens.id, id), or(isNull(tokens.lastUsedAt), lt(tokens.lastUsedAt, stale))))
}

/**
 * Whether a token lets its user do something on an entity: the key of a repository (`model:lab/x`) or of an account
 * (`lab`); without one, on everything. Whether the user themselves may is another question, which `Repo` answers.
 */
export const may = (token: Token, wanted: Rights.Permission, entity?: string): boolean => {
  if (token.scope === 'write') return true
  if (token.scope === 'read') return Rights.isReading(wanted)
  return token.rights !== null && Rights.allow(token.rights, wanted, entity)
}

/** Whether a token opens gated repositories that its user was let into. */
export const mayReadGated = (token: Token): boolean =>
  token.scope !== 'fineGrained' || token.rights?.canReadGatedRepos === true

/** Condition on `repos`: those whose contents this token may read, as far as the token goes; undefined for no limit. */
export const readable = (token: Token): SQL | undefined => {
  if (token.scope !== 'fineGrained') return undefined
  const entities = token.rights ? Rights.entities(token.rights, 'repo.content.read') : []
  if (entities === 'all') return undefined
  if (entities.length === 0) return sql`false`
  return or(inArray(repos.key, entities), inArray(sql`lower(${repos.namespace})`, entities))
}

/** Whether a token may do all its user may; only such a one may make or end others, or limits would mean nothing. */
export const isUnlimited = (token: Token): boolean =>
  token.scope === 'write' && token.spendCapMicroUsdc === null && token.expiresAt === null && token.grantId === null

/** A user's tokens that were not revoked; those of programs belong to their grant and are left out. */
export const list = (db: Db, user: Account): Promise<Token[]> =>
  db
    .select()
    .from(tokens)
    .where(and(eq(tokens.userId, user.id), isNull(tokens.revokedAt), isNull(tokens.grantId)))
    .orderBy(tokens.createdAt)

/** Ends a token at once. Throws {@link NoSuchToken}. */
export const revoke = async (db: Db, user: Account, id: string, now: Date): Promise<void> => {
  const { rowCount } = await db
    .update(tokens)
    .set({ revokedAt: now })
    .where(and(eq(tokens.id, id), eq(tokens.userId, user.id), isNull(tokens.revokedAt)))
  if (!rowCount) throw new NoSuchToken(id)
}

/** Gives a token a new secret; the old one ends at once, and everything else stays. Throws {@link NoSuchToken}. */
export const rotate = (db: Db, user: Account, id: string, now: Date): Promise<{ secret: string; token: Token }> =>
  db.transaction(async (tx) => {
    const [old] = await tx
      .select()
      .from(tokens)
      .where(and(eq(tokens.id, id), eq(tokens.userId, user.id), isNull(tokens.revokedAt), isNull(tokens.grantId)))
      .for('update')
    if (!old || (old.expiresAt && old.expiresAt <= now)) throw new NoSuchToken(id)
    await revoke(tx, user, id, now)
    const { name, scope, rights, spendCapMicroUsdc, expiresAt } = old
    return issue(
      tx,
      user,
      {
        name,
        scope,
        rights: rights ?? undefined,
        spendCapMicroUsdc: spendCapMicroUsdc ?? undefined,
        expiresAt: expiresAt ?? undefined,
      },
      now,
    )
  })

/** Lets rights on a repository follow it to its new name; with it null, for a repository that goes, they end. */
export const renameEntity = async (db: Db, from: string, to: string | null): Promise<void> => {
  if (from === to) return
  const kept =
    to === null
      ? sql`select coalesce(jsonb_agg(entry), '[]') from jsonb_array_elements(${tokens.rights} -> 'scoped') entry
          where entry ->> 'entity' <> ${from}`
      : sql`select jsonb_agg(case when entry ->> 'entity' = ${from} then entry || ${JSON.stringify({ entity: to })}::jsonb
          else entry end) from jsonb_array_elements(${tokens.rights} -> 'scoped') entry`
  await db
    .update(tokens)
    .set({ rights: sql`jsonb_set(${tokens.rights}, '{scoped}', (${kept}))` })
    .where(sql`${tokens.rights} @> ${JSON.stringify({ scoped: [{ entity: from }] })}::jsonb`)
}

/** The user has no token of this id. */
export class NoSuchToken extends NotFound {
  constructor(id: string) {
    super(`There is no token ${id.slice(0, 80)} to revoke.`, { code: 'no_such_token' })
  }
}
