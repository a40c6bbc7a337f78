import { and, arrayContains, asc, desc, eq, ilike, inArray, or, type SQL, sql } from 'drizzle-orm'
import { BadInput, Conflict, RepoId } from '../core/index.ts'
import { type Account, readableOwners, roleIn } from './Account.ts'
import type { Db } from './database.ts'
import { type Holder, may, readable } from './Token.ts'
import { repos } from './tables/index.ts'

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

export type NewRepo = { id: RepoId.RepoId; owner: Account; creator: Account; visibility: Visibility }

/** Inserts the row; the caller makes the first commit in the same transaction. Throws {@link RepoExists}. */
export const insert = async (db: Db, input: NewRepo, now: Date): Promise<Repo> => {
  const { type, name } = input.id
  const id = { type, namespace: input.owner.name, name }
  const [row] = await db
    .insert(repos)
    .values({
      ...id,
      key: RepoId.key(id),
      ownerId: input.owner.id,
      creatorId: input.creator.id,
      visibility: input.visibility,
      head: '',
      createdAt: now,
      updatedAt: now,
    })
    .onConflictDoNothing()
    .returning()
  if (!row) throw new RepoExists(id)
  return row
}

/** Deletes the repository with everything it references; its files stay in the store until garbage collection. */
export const remove = async (db: Db, repo: Repo): Promise<void> => {
  await db.delete(repos).where(eq(repos.id, repo.id))
}

export const setVisibility = async (db: Db, repo: Repo, visibility: Visibility): Promise<void> => {
  await db.update(repos).set({ visibility }).where(eq(repos.id, repo.id))
}

/** Adds one to the download counter. */
export const countDownload = async (db: Db, repo: Repo): Promise<void> => {
  await db
    .update(repos)
    .set({ downloads: sql`${repos.downloads} + 1` })
    .where(eq(repos.id, repo.id))
}

/** Whether this caller (undefined: nobody in particular) may know the repository at all. */
export const mayRead = async (db: Db, repo: Repo, holder: Holder | undefined): Promise<boolean> => {
  if (repo.visibility === 'public') return true
  if (!holder || !may(holder.token, 'repo.content.read', repo.key)) return false
  return (await roleIn(db, repo.ownerId, holder.user.id)) !== undefined
}

/** Whether this caller may change the repository. Contributors may change what they made themselves. */
export const mayWrite = async (db: Db, repo: Repo, holder: Holder | undefined): Promise<boolean> => {
  if (!holder || !may(holder.token, 'repo.content.write', repo.key)) return false
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

const orders = {
  downloads: { column: repos.downloads, cast: 'int' },
  likes: { column: repos.likes, cast: 'int' },
  trendingScore: { column: repos.downloads, cast: 'int' },
  createdAt: { column: repos.createdAt, cast: 'timestamptz' },
  lastModified: { column: repos.updatedAt, cast: 'timestamptz' },
} as const
export type Sort = keyof typeof orders

export type Query = {
  type: Repo['type']
  search?: string[]
  author?: string | undefined
  tags?: string[]
  sort?: Sort | undefined
  ascending?: boolean | undefined
  limit: number
  cursor?: string | undefined
}

/** One page of the repositories this caller may see, and the cursor of the next page. Throws `BadInput` on a bad cursor. */
export const list = async (
  db: Db,
  query: Query,
  holder: Holder | undefined,
): Promise<{ repos: Repo[]; next: string | undefined }> => {
  const { sort = 'lastModified', ascending = false, limit } = query
  const { column, cast } = orders[sort]
  const direction = ascending ? asc : desc
  const rows = await db
    .select({ repo: repos, position: sql<string>`${column}::text` })
    .from(repos)
    .where(and(...conditions(query), await visible(db, holder), after(query.cursor, column, cast, ascending)))
    .orderBy(direction(column), direction(repos.id))
    .limit(limit + 1)
  const last = rows.length > limit ? rows[limit - 1] : undefined
  return { repos: rows.slice(0, limit).map(({ repo }) => repo), next: last && cursorOf(last.position, last.repo.id) }
}

const conditions = (query: Query): (SQL | undefined)[] => [
  eq(repos.type, query.type),
  query.author === undefined ? undefined : eq(sql`lower(${repos.namespace})`, query.author.toLowerCase()),
  query.tags?.length ? arrayContains(repos.tags, query.tags) : undefined,
  ...(query.search ?? []).map((words) => ilike(repos.key, `%${words.replace(/[\\%_]/g, '\\$&')}%`)),
]

const visible = async (db: Db, holder: Holder | undefined): Promise<SQL | undefined> => {
  const open = eq(repos.visibility, 'public')
  if (!holder) return open
  const own = inArray(repos.ownerId, await readableOwners(db, holder.user.id))
  return or(open, and(own, readable(holder.token)))
}

const cursorOf = (position: string, id: string): string =>
  Buffer.from(JSON.stringify([position, id])).toString('base64url')

const after = (cursor: string | undefined, column: SQL | object, cast: string, ascending: boolean): SQL | undefined => {
  if (cursor === undefined) return undefined
  const [position, id] = readCursor(cursor, cast)
  const than = sql.raw(ascending ? '>' : '<')
  return sql`(${column}, ${repos.id}) ${than} (${position}::${sql.raw(cast)}, ${id}::uuid)`
}

const positions: Record<string, RegExp> = {
  int: /^\d{1,9}$/,
  timestamptz: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d(:\d\d)?$/,
}

const readCursor = (cursor: string, cast: string): [string, string] => {
  try {
    const [position, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [string, string]
    if (positions[cast]?.test(position) && /^[0-9a-f-]{36}$/.test(id)) return [position, id]
  } catch {}
  throw new BadInput('This cursor is not one of ours.', { code: 'bad_cursor', hint: 'Begin again without a cursor.' })
}

/** A repository of this name is there already. */
export class RepoExists extends Conflict {
  constructor(id: RepoId.RepoId, details: { url?: string } = {}) {
    super(`A ${id.type} repository called ${RepoId.format(id)} exists already.`, { code: 'repo_exists', details })
  }
}
