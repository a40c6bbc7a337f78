import { and, eq, inArray, or, type SQL, sql } from 'drizzle-orm'
import { Conflict, RepoId } from '../core/index.ts'
import { type Account, readableOwners, roleIn } from './Account.ts'
import type { Db } from './database.ts'
import { type Holder, may, readable, renameEntity } from './Token.ts'
import * as Trending from './Trending.ts'
import { formerNames, repos } from './tables/index.ts'

export type Repo = typeof repos.$inferSelect
export type Visibility = Repo['visibility']

/** The noun of core that names this row. */
export const idOf = (repo: Repo): RepoId.RepoId => ({ type: repo.type, namespace: repo.namespace, name: repo.name })

/** Finds by name, whatever the letter case. */
export const find = async (db: Db, id: RepoId.RepoId): Promise<Repo | undefined> =>
  (
    await db
      .select()
      .from(repos)
      .where(eq(repos.key, RepoId.key(id)))
  )[0]

export type NewRepo = {
  id: RepoId.RepoId
  /** The row's id, where the caller needs it before. */
  rowId?: string | undefined
  owner: Account
  creator: Account
  visibility: Visibility
  /** Of a space. */
  sdk?: string | undefined
}

/**
 * Inserts the row; the caller makes the first commit in the same transaction. Throws {@link RepoExists}, also for a name
 * that another repository had before.
 */
export const insert = async (db: Db, input: NewRepo, now: Date): Promise<Repo> => {
  const { type, name } = input.id
  const id = { type, namespace: input.owner.name, name }
  const [row] = await db
    .insert(repos)
    .values({
      ...id,
      id: input.rowId,
      key: RepoId.key(id),
      ownerId: input.owner.id,
      creatorId: input.creator.id,
      visibility: input.visibility,
      sdk: input.sdk,
      head: '',
      createdAt: now,
      updatedAt: now,
      trending: Trending.first(now),
    })
    .onConflictDoNothing()
    .returning()
  // Looked up last: a move away from this name holds the insert up until its old name is written down.
  if (!row || (await formerly(db, row.key))) throw new RepoExists(id)
  return row
}

/** Who had this name before: a repository, or null for one that is gone; undefined for a name nobody gave up. */
const formerly = async (db: Db, key: string): Promise<{ repoId: string | null } | undefined> =>
  (await db.select({ repoId: formerNames.repoId }).from(formerNames).where(eq(formerNames.key, key)))[0]

/** The repository that had this name before. */
export const findMoved = async (db: Db, id: RepoId.RepoId): Promise<Repo | undefined> => {
  const [row] = await db
    .select({ repo: repos })
    .from(formerNames)
    .innerJoin(repos, eq(repos.id, formerNames.repoId))
    .where(eq(formerNames.key, RepoId.key(id)))
  return row?.repo
}

/** Any number; all moves of names go one after the other. */
const movesLock = 0x6d6f_7665

/**
 * Gives a repository another name, and with it another owner; the old name leads to it for ever.
 * Throws {@link RepoExists}, and {@link MovedMeanwhile} where it is not what the caller saw any more.
 */
export const move = (db: Db, repo: Repo, to: { owner: Account; name: string }, now: Date): Promise<Repo> =>
  db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${movesLock})`)
    const id = { type: repo.type, namespace: to.owner.name, name: to.name }
    const key = RepoId.key(id)
    const taken = key === repo.key ? undefined : ((await find(tx, id)) ?? (await formerly(tx, key)))
    if (taken && !('repoId' in taken && taken.repoId === repo.id)) throw new RepoExists(id)
    const [moved] = await tx
      .update(repos)
      .set({ key, namespace: id.namespace, name: id.name, ownerId: to.owner.id, updatedAt: now })
      .where(and(eq(repos.id, repo.id), eq(repos.key, repo.key)))
      .returning()
      .catch((error) => {
        throw isTaken(error) ? new RepoExists(id) : error
      })
    if (!moved) throw new MovedMeanwhile(idOf(repo))
    await renameEntity(tx, repo.key, key)
    await tx.delete(formerNames).where(eq(formerNames.key, key))
    if (key !== repo.key) await tx.insert(formerNames).values({ key: repo.key, repoId: repo.id, since: now })
    return moved
  })

const isTaken = (error: unknown): boolean =>
  (error as { code?: string }).code === '23505' || (error as { cause?: { code?: string } }).cause?.code === '23505'

/**
 * Deletes the repository with everything it references, and the rights of tokens on it: whoever takes the name later is
 * another one. Its files stay in the store until garbage collection.
 */
export const remove = (db: Db, repo: Repo): Promise<void> =>
  db.transaction(async (tx) => {
    await tx.delete(repos).where(eq(repos.id, repo.id))
    await renameEntity(tx, repo.key, null)
  })

/** Who may see the repository, and who gets its files. */
export type Settings = {
  visibility?: Visibility | undefined
  gated?: Repo['gated'] | undefined
  gate?: Repo['gate'] | undefined
}

export const setSettings = async (db: Db, repo: Repo, settings: Settings): Promise<Repo> => {
  const wanted = Object.values(settings).some((value) => value !== undefined)
  const rows = wanted ? await db.update(repos).set(settings).where(eq(repos.id, repo.id)).returning() : [repo]
  return rows[0] ?? repo
}

/** Writes what was read from the files of a head, unless the head has moved on; whether it was written. */
export const setFacts = async (db: Db, repo: Repo, row: Partial<typeof repos.$inferInsert>): Promise<boolean> => {
  const { rowCount } = await db
    .update(repos)
    .set(row)
    .where(and(eq(repos.id, repo.id), eq(repos.head, repo.head)))
  return rowCount === 1
}

/**
 * Adds to the download counters of repositories; returns what is to be added later, because somebody holds the row. In
 * order and without waiting, so that two processes never wait for each other; repositories that are gone are passed over.
 */
export const countDownloads = async (db: Db, counts: ReadonlyMap<string, number>): Promise<Map<string, number>> => {
  const ids = [...counts.keys()]
  const { rows } = await db.execute<{ id: string; counted: boolean }>(sql`
    with free as (
      select id from ${repos} where id = any(${sql.param(ids)}::uuid[]) order by id for no key update skip locked
    ), counted as (
      update ${repos} set downloads = downloads + more.n
      from unnest(${sql.param(ids)}::uuid[], ${sql.param([...counts.values()])}::int[]) as more(id, n)
      where ${repos.id} = more.id and ${repos.id} in (select id from free)
      returning ${repos.id} as id
    ) select id, id in (select id from counted) as counted from ${repos} where id = any(${sql.param(ids)}::uuid[])`)
  return new Map(rows.flatMap(({ id, counted }) => (counted ? [] : [[id, counts.get(id) ?? 0] as const])))
}

/** Whether this caller (undefined: nobody in particular) may know the repository at all. */
export const mayRead = async (db: Db, repo: Repo, holder: Holder | undefined): Promise<boolean> => {
  if (repo.visibility === 'public') return true
  if (!holder || !may(holder.token, 'repo.content.read', repo.key)) return false
  return (await roleIn(db, repo.ownerId, holder.user.id)) !== undefined
}

/**
 * Whether this caller may change the repository: its contents, or with `repo.write` everything about it; or, with
 * `repo.access.read`, may see who asked for its files. Contributors may change what they made themselves.
 */
export const mayWrite = async (
  db: Db,
  repo: Repo,
  holder: Holder | undefined,
  permission: 'repo.content.write' | 'repo.write' | 'repo.access.read' = 'repo.content.write',
): Promise<boolean> => {
  if (!holder || !may(holder.token, permission, repo.key)) return false
  const role = await roleIn(db, repo.ownerId, holder.user.id)
  if (role === 'contributor') return repo.creatorId === holder.user.id
  return role === 'owner' || role === 'admin' || role === 'write'
}

/** Whether this caller may create the named repository under this account. */
export const mayCreate = async (db: Db, owner: Account, key: string, holder: Holder): Promise<boolean> => {
  if (!may(holder.token, 'repo.write', key)) return false
  const role = await roleIn(db, owner.id, holder.user.id)
  return role !== undefined && role !== 'read'
}

/** What a query sees of the repositories: the public ones and those this caller may read. */
export const visible = async (db: Db, holder: Holder | undefined): Promise<SQL | undefined> => {
  const open = eq(repos.visibility, 'public')
  if (!holder) return open
  const own = inArray(repos.ownerId, await readableOwners(db, holder.user.id))
  return or(open, and(own, readable(holder.token)))
}

/** A repository of this name is there already. */
export class RepoExists extends Conflict {
  constructor(id: RepoId.RepoId, details: { url?: string } = {}) {
    super(`A ${id.type} repository called ${RepoId.format(id)} already exists.`, { code: 'repo_exists', details })
  }
}

/** Somebody else moved the repository at the same time. */
export class MovedMeanwhile extends Conflict {
  constructor(id: RepoId.RepoId) {
    super(`${RepoId.format(id)} was moved meanwhile.`, { code: 'repo_moved_meanwhile', retryable: true })
  }
}
