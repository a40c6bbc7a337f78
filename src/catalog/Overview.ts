import { and, desc, eq, sql, sum } from 'drizzle-orm'
import type { Account } from './Account.ts'
import type { Db } from './database.ts'
import * as MomentCursor from './MomentCursor.ts'
import { type Repo, visible } from './Repo.ts'
import type { Holder } from './Token.ts'
import { discussions, follows, likes, members, repos } from './tables/index.ts'

/** How much an account has of everything, under the names of the wire. */
export type Counts = {
  numModels: number
  numDatasets: number
  numSpaces: number
  numDiscussions: number
  numPapers: number
  numUpvotes: number
  numLikes: number
  numFollowing: number
  numFollowers: number
  numUsers: number
}

/** Counts what the viewer may see of an account, in one query. Nobody writes papers here. */
export const counts = async (db: Db, account: Account, viewer: Holder | undefined): Promise<Counts> => {
  const seen = (await visible(db, viewer)) ?? sql`true`
  const countOf = (type: Repo['type']) =>
    sql`(select count(*)::int from ${repos} where ${repos.ownerId} = ${account.id} and ${repos.type} = ${type} and ${seen})`
  const { rows } = await db.execute<Record<string, number>>(sql`select
    ${countOf('model')} as "numModels", ${countOf('dataset')} as "numDatasets", ${countOf('space')} as "numSpaces",
    (select count(*)::int from ${discussions} join ${repos} on ${repos.id} = ${discussions.repoId}
      where ${discussions.authorId} = ${account.id} and ${seen}) as "numDiscussions",
    0 as "numPapers",
    (select count(*)::int from ${likes} join ${repos} on ${repos.id} = ${likes.repoId}
      where ${repos.ownerId} = ${account.id} and ${seen}) as "numUpvotes",
    (select count(*)::int from ${likes} join ${repos} on ${repos.id} = ${likes.repoId}
      where ${likes.userId} = ${account.id} and ${seen}) as "numLikes",
    (select count(*)::int from ${follows} where ${follows.followerId} = ${account.id}) as "numFollowing",
    (select count(*)::int from ${follows} where ${follows.followedId} = ${account.id}) as "numFollowers",
    (select count(*)::int from ${members} where ${members.orgId} = ${account.id}) as "numUsers"`)
  return rows[0] as Counts
}

/** One page of an account's repositories that the viewer may see, the last changed first, and the bytes of all of them. */
export const reposOf = async (
  db: Db,
  account: Account,
  viewer: Holder | undefined,
  { limit, after }: MomentCursor.Page,
): Promise<{ rows: { repo: Repo; at: string }[]; total: number }> => {
  const all = and(eq(repos.ownerId, account.id), await visible(db, viewer))
  const rows = await db
    .select({ repo: repos, at: MomentCursor.exactly(repos.updatedAt) })
    .from(repos)
    .where(and(all, MomentCursor.beyond(after, repos.updatedAt, repos.id)))
    .orderBy(desc(repos.updatedAt), desc(repos.id))
    .limit(limit)
  const [used] = await db
    .select({ bytes: sum(repos.usedStorage) })
    .from(repos)
    .where(all)
  return { rows, total: Number(used?.bytes ?? 0) }
}
