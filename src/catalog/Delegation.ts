import { and, eq, exists, inArray, sql } from 'drizzle-orm'
import type { Hex } from '../core/index.ts'
import type { Db } from './database.ts'
import type { Repo } from './Repo.ts'
import { readable, type Token } from './Token.ts'
import { delegations, repos, versions } from './tables/index.ts'

/** The owner of a repository lets the hub anchor its commits. */
export type Delegation = typeof delegations.$inferSelect

export type NewDelegation = { repoId: string; delegate: Hex; ownerEpoch: bigint; expiresAt: Date }

/** Records what the chain accepted; from now on new commits are anchored, and the present one if it is not. */
export const set = async (db: Db, { ownerEpoch, ...of }: NewDelegation, now: Date): Promise<void> => {
  const fresh = {
    ...{ delegate: of.delegate, ownerEpoch: String(ownerEpoch), expiresAt: of.expiresAt },
    ...{ anchoredHead: null, leasedUntil: null, tries: 0, retryAt: null, lastError: null },
  }
  await db
    .insert(delegations)
    .values({ repoId: of.repoId, ...fresh, createdAt: now })
    .onConflictDoUpdate({ target: delegations.repoId, set: fresh })
}

export const remove = async (db: Db, repoId: string): Promise<void> => {
  await db.delete(delegations).where(eq(delegations.repoId, repoId))
}

export const ofRepos = async (db: Db, repoIds: string[]): Promise<Map<string, Delegation>> => {
  const rows = await db.select().from(delegations).where(inArray(delegations.repoId, repoIds))
  return new Map(rows.map((row) => [row.repoId, row]))
}

export type Pace = {
  /** How long a branch must be quiet: several commits in a row are anchored as one version. */
  quietMs: number
  leaseMs: number
}

/**
 * Takes one repository whose head is not anchored; nobody else gets it before the lease ends. Undefined where there is
 * no work.
 */
export const lease = async (db: Db, { quietMs, leaseMs }: Pace, now: Date): Promise<Repo | undefined> => {
  const at = (time: number) => sql`${new Date(time).toISOString()}::timestamptz`
  const present = at(now.getTime())
  const { rows } = await db.execute(sql`
    update catalog.delegations set leased_until = ${at(now.getTime() + leaseMs)}
    where repo_id = (
      select d.repo_id from catalog.delegations d join catalog.repos r on r.id = d.repo_id
      where r.visibility = 'public' and r.gated is null and r.head <> '' and d.anchored_head is distinct from r.head
        and d.expires_at > ${present} and (d.leased_until is null or d.leased_until <= ${present})
        and (d.retry_at is null or d.retry_at <= ${present}) and r.updated_at <= ${at(now.getTime() - quietMs)}
      order by r.updated_at limit 1 for update of d skip locked)
    returning repo_id`)
  const [taken] = rows as { repo_id: string }[]
  if (!taken) return undefined
  return (await db.select().from(repos).where(eq(repos.id, taken.repo_id)))[0]
}

/** Nothing is left to do for this commit: it is anchored, or `problem` says why it never will be. */
export const done = async (db: Db, repoId: string, head: string, problem?: string): Promise<void> => {
  await db
    .update(delegations)
    .set({ anchoredHead: head, leasedUntil: null, tries: 0, retryAt: null, lastError: problem ?? null })
    .where(eq(delegations.repoId, repoId))
}

const firstWaitMs = 2_000
const longestWaitMs = 3_600_000
const mostTries = 24

/** Gives work back that did not succeed; it is tried again, less and less often, and after half a day not any more. */
export const failed = async (db: Db, repoId: string, problem: string, now: Date): Promise<void> => {
  const [row] = await db.select().from(delegations).where(eq(delegations.repoId, repoId))
  if (!row) return
  if (row.tries >= mostTries) {
    const [repo] = await db.select({ head: repos.head }).from(repos).where(eq(repos.id, repoId))
    return done(db, repoId, repo?.head ?? '', problem.slice(0, 500))
  }
  const waitMs = Math.min(firstWaitMs * 2 ** row.tries, longestWaitMs)
  await db
    .update(delegations)
    .set({
      ...{ tries: row.tries + 1, leasedUntil: null, lastError: problem.slice(0, 500) },
      retryAt: new Date(now.getTime() + waitMs),
    })
    .where(and(eq(delegations.repoId, repoId), eq(delegations.tries, row.tries)))
}

/** Public repositories of these accounts that were published, as far as the token, where there is one, reads. */
export const candidates = (db: Db, ownerIds: string[], limit: number, token?: Token): Promise<Repo[]> =>
  db
    .select()
    .from(repos)
    .where(
      and(
        ...[inArray(repos.ownerId, ownerIds), eq(repos.visibility, 'public'), token && readable(token)],
        exists(db.select({ one: sql`1` }).from(versions).where(eq(versions.repoId, repos.id))),
      ),
    )
    .orderBy(repos.key)
    .limit(limit)
