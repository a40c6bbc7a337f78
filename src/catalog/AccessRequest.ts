import { and, asc, eq, exists, inArray, isNull, ne, or, type SQL, sql } from 'drizzle-orm'
import { BadInput, NotFound } from '../core/index.ts'
import { type Account, readableOwners, roleIn } from './Account.ts'
import type { Db } from './database.ts'
import * as MomentCursor from './MomentCursor.ts'
import type { Repo } from './Repo.ts'
import { type Holder, may, mayReadGated, readable } from './Token.ts'
import { accessRequests, accounts, repos } from './tables/index.ts'

/** The wish of a person, or the grant of an organisation, to get the files of a gated repository. */
export type AccessRequest = typeof accessRequests.$inferSelect
export type Status = AccessRequest['status']
export type Fields = NonNullable<AccessRequest['fields']>

const acceptedFor = (db: Db, repoId: SQL | typeof repos.id | string, accountIds: string[]): SQL =>
  exists(
    db
      .select({ one: sql`1` })
      .from(accessRequests)
      .where(
        and(
          sql`${accessRequests.repoId} = ${repoId}`,
          eq(accessRequests.status, 'accepted'),
          eq(accessRequests.whileHolding, false),
          inArray(accessRequests.accountId, accountIds),
        ),
      ),
  )

/**
 * Whether this caller, who may see the repository, may have its files too. Whom an NFT lets in is not among them: only
 * the chain knows whether they still hold it.
 */
export const mayDownload = async (db: Db, repo: Repo, holder: Holder | undefined): Promise<boolean> => {
  if (repo.gated === null) return true
  if (!holder) return false
  const opensGates = mayReadGated(holder.token)
  if (!opensGates && !may(holder.token, 'repo.content.read', repo.key)) return false
  if ((await roleIn(db, repo.ownerId, holder.user.id)) !== undefined) return true
  if (!opensGates) return false
  const owners = await readableOwners(db, holder.user.id)
  const found = await db.execute(sql`select ${acceptedFor(db, repo.id, owners)} as accepted`)
  return found.rows[0]?.accepted === true
}

/** Condition on `repos`: those whose files this caller may have. */
export const downloadable = async (db: Db, holder: Holder | undefined): Promise<SQL | undefined> => {
  const open = and(eq(repos.visibility, 'public'), isNull(repos.gated))
  if (!holder) return open
  const owners = await readableOwners(db, holder.user.id)
  const own = and(inArray(repos.ownerId, owners), readable(holder.token))
  const letIn = and(eq(repos.visibility, 'public'), acceptedFor(db, repos.id, owners))
  return or(open, own, mayReadGated(holder.token) ? letIn : undefined)
}

/** The request of one account. */
export const find = async (db: Db, repoId: string, accountId: string): Promise<AccessRequest | undefined> =>
  (
    await db
      .select()
      .from(accessRequests)
      .where(and(eq(accessRequests.repoId, repoId), eq(accessRequests.accountId, accountId)))
  )[0]

/**
 * Asks for the files; a rule may say yes at once, for good or `holding` an NFT. Asking again changes a request that
 * nobody decided yet, and gives the decision of one that somebody did.
 */
export const ask = async (
  db: Db,
  wish: { repoId: string; accountId: string; fields: Fields | null; admitted: 'always' | 'holding' | undefined },
  now: Date,
): Promise<AccessRequest> => {
  const { admitted, ...row } = wish
  const state = {
    ...(admitted ? { status: 'accepted' as const, decidedAt: now } : { status: 'pending' as const, decidedAt: null }),
    whileHolding: admitted === 'holding',
  }
  const [asked] = await db
    .insert(accessRequests)
    .values({ ...row, ...state, createdAt: now })
    .onConflictDoUpdate({
      target: [accessRequests.repoId, accessRequests.accountId],
      set: { ...state, fields: row.fields },
      setWhere: sql`${accessRequests.status} = 'pending' or ${accessRequests.whileHolding}`,
    })
    .returning()
  return asked ?? ((await find(db, row.repoId, row.accountId)) as AccessRequest)
}

/** Takes back a request that nobody decided yet. Throws {@link NoSuchRequest}. */
export const withdraw = async (db: Db, repoId: string, account: Account): Promise<void> => {
  const { rowCount } = await db
    .delete(accessRequests)
    .where(
      and(
        eq(accessRequests.repoId, repoId),
        eq(accessRequests.accountId, account.id),
        eq(accessRequests.status, 'pending'),
      ),
    )
  if (!rowCount) throw new NoSuchRequest(account.name)
}

export type Decision = { status: Status; reason?: string | undefined; by: string }

/** Accepts, refuses, or puts a request back among the undecided ones. Throws {@link NoSuchRequest}. */
export const decide = async (
  db: Db,
  repoId: string,
  account: Account,
  { status, reason, by }: Decision,
  now: Date,
): Promise<void> => {
  const { rowCount } = await db
    .update(accessRequests)
    .set({
      ...{ status, reason: reason ?? null, decidedBy: by, whileHolding: false },
      decidedAt: status === 'pending' ? null : now,
    })
    .where(
      and(
        eq(accessRequests.repoId, repoId),
        eq(accessRequests.accountId, account.id),
        or(ne(accessRequests.status, status), eq(accessRequests.whileHolding, true)),
      ),
    )
  if (!rowCount) throw new NoSuchRequest(account.name)
}

/** Lets in a person, or the members of an organisation, who need not have asked. Throws {@link HasAccess}. */
export const grant = async (db: Db, repoId: string, account: Account, by: string, now: Date): Promise<void> => {
  const granted = { status: 'accepted' as const, decidedAt: now, decidedBy: by, reason: null, whileHolding: false }
  const { rowCount } = await db
    .insert(accessRequests)
    .values({ repoId, accountId: account.id, createdAt: now, ...granted })
    .onConflictDoUpdate({
      target: [accessRequests.repoId, accessRequests.accountId],
      set: granted,
      setWhere: sql`${accessRequests.status} <> 'accepted' or ${accessRequests.whileHolding}`,
    })
  if (!rowCount) throw new HasAccess(account.name)
}

export type Listed = { request: AccessRequest; account: Account }

/** One page of the requests of a status, oldest first. */
export const list = (
  db: Db,
  repoId: string,
  status: Status,
  { limit, after }: MomentCursor.Page,
): Promise<(Listed & { at: string })[]> =>
  db
    .select({ request: accessRequests, account: accounts, at: MomentCursor.exactly(accessRequests.createdAt) })
    .from(accessRequests)
    .innerJoin(accounts, eq(accounts.id, accessRequests.accountId))
    .where(
      and(
        eq(accessRequests.repoId, repoId),
        eq(accessRequests.status, status),
        MomentCursor.beyond(after, accessRequests.createdAt, accessRequests.accountId, 'oldest'),
      ),
    )
    .orderBy(asc(accessRequests.createdAt), asc(accessRequests.accountId))
    .limit(limit)

/** Nobody asked, or the request has the wanted status already. */
export class NoSuchRequest extends NotFound {
  constructor(account: string) {
    super(`${account} has no such request for this repository.`, {
      code: 'no_such_request',
      hint: 'There is none, or it is in this state already.',
    })
  }
}

/** The account is let in already. */
export class HasAccess extends BadInput {
  constructor(account: string) {
    super(`${account} has access to this repository already.`, { code: 'has_access' })
  }
}
