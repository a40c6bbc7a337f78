import { and, asc, eq, gt, type SQL } from 'drizzle-orm'
import { Conflict, NotFound } from '../core/index.ts'
import type { Account } from './Account.ts'
import type { Db } from './database.ts'
import { accounts, lfsLocks } from './tables/index.ts'

/** A file that somebody has reserved, so that others hear of it before they push a change of it. */
export type LfsLock = { id: string; path: string; lockedAt: Date; owner: { id: string; name: string } }

const columns = {
  id: lfsLocks.id,
  path: lfsLocks.path,
  lockedAt: lfsLocks.lockedAt,
  owner: { id: accounts.id, name: accounts.name },
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Reserves a path. Throws {@link PathLocked}. */
export const create = async (db: Db, repoId: string, user: Account, path: string, now: Date): Promise<LfsLock> => {
  const [made] = await db
    .insert(lfsLocks)
    .values({ repoId, path, ownerId: user.id, lockedAt: now })
    .onConflictDoNothing()
    .returning()
  const [lock] = (await page(db, repoId, { path, limit: 1 })).locks
  if (!lock) throw new NoSuchLock(path)
  if (!made) throw new PathLocked(lock)
  return lock
}

/** One page of a repository's locks, in the order of their ids, and where the next begins. */
export const page = async (
  db: Db,
  repoId: string,
  wanted: { path?: string | undefined; id?: string | undefined; after?: string | undefined; limit: number },
): Promise<{ locks: LfsLock[]; next: string | undefined }> => {
  const { path, id, after, limit } = wanted
  const odd = [id, after].some((text) => text !== undefined && !uuid.test(text))
  if (odd || path?.includes('\0')) return { locks: [], next: undefined }
  const conditions: (SQL | undefined)[] = [
    eq(lfsLocks.repoId, repoId),
    path === undefined ? undefined : eq(lfsLocks.path, path),
    id === undefined ? undefined : eq(lfsLocks.id, id),
    after === undefined ? undefined : gt(lfsLocks.id, after),
  ]
  const locks = await db
    .select(columns)
    .from(lfsLocks)
    .innerJoin(accounts, eq(accounts.id, lfsLocks.ownerId))
    .where(and(...conditions))
    .orderBy(asc(lfsLocks.id))
    .limit(limit + 1)
  return { locks: locks.slice(0, limit), next: locks.length > limit ? locks[limit - 1]?.id : undefined }
}

/** Gives a path free. Throws {@link NoSuchLock}. */
export const remove = async (db: Db, repoId: string, id: string): Promise<void> => {
  const gone = await db
    .delete(lfsLocks)
    .where(and(eq(lfsLocks.repoId, repoId), eq(lfsLocks.id, id)))
    .returning({ id: lfsLocks.id })
  if (gone.length === 0) throw new NoSuchLock(id)
}

/** Somebody has reserved the path already. */
export class PathLocked extends Conflict {
  readonly lock: LfsLock
  constructor(lock: LfsLock) {
    super(`"${lock.path}" is locked by ${lock.owner.name} already.`, { code: 'path_locked' })
    this.lock = lock
  }
}

export class NoSuchLock extends NotFound {
  constructor(what: string) {
    super(`There is no lock "${what.slice(0, 200)}".`, { code: 'no_such_lock' })
  }
}
