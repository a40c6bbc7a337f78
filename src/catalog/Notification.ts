import { and, desc, eq, inArray, isNull, type SQL, sql } from 'drizzle-orm'
import type { Db } from './database.ts'
import * as MomentCursor from './MomentCursor.ts'
import { type Repo, visible } from './Repo.ts'
import type { Holder } from './Token.ts'
import { accounts, notifications, repos } from './tables/index.ts'

export type Notification = typeof notifications.$inferSelect
export type Kind = Notification['kind']

/** What happened; `path` leads there on the hub and its web app. */
export type News = {
  kind: Kind
  repoId: string | null
  actorId: string | null
  title: string
  path: string
  at: Date
}

/** How many a person keeps, and for how long. */
export const kept = { each: 500, days: 180 } as const
/** People who are told of one event. */
const mostTold = 10_000

/** Tells the people that a query (`user_id`) finds, but for the one who did it. */
const tell = async (db: Db, news: News, people: SQL): Promise<void> => {
  const { kind, repoId, actorId, title, path, at } = news
  await db.execute(sql`insert into catalog.notifications (user_id, kind, repo_id, actor_id, title, path, created_at)
    select distinct p.user_id, ${kind}, ${repoId}::uuid, ${actorId}::uuid, ${title.slice(0, 300)}, ${path}, ${at.toISOString()}::timestamptz
    from (${people}) p join catalog.accounts a on a.id = p.user_id and a.kind = 'user'
    where p.user_id is distinct from ${actorId}::uuid limit ${mostTold}`)
}

/** Who keeps a repository: its owner, or those of the organisation who may write. */
const keepers = (repo: Repo): SQL => sql`select ${repo.ownerId}::uuid as user_id
  union select m.user_id from catalog.members m where m.org_id = ${repo.ownerId}::uuid and m.role in ('admin', 'write')`

/** Tells the keepers of a repository. */
export const tellKeepers = (db: Db, repo: Repo, news: News): Promise<void> => tell(db, news, keepers(repo))

/** Tells the keepers, and whoever took part in the discussion. */
export const tellParticipants = (db: Db, repo: Repo, discussionId: string, news: News): Promise<void> =>
  tell(
    db,
    news,
    sql`${keepers(repo)} union select e.author_id from catalog.discussion_events e
      where e.discussion_id = ${discussionId}::uuid and e.author_id is not null
      union select d.author_id from catalog.discussions d where d.id = ${discussionId}::uuid and d.author_id is not null`,
  )

/** Tells who follows the owner of a repository, and who likes it. */
export const tellFollowers = (db: Db, repo: Repo, news: News): Promise<void> =>
  tell(
    db,
    news,
    sql`select f.follower_id as user_id from catalog.follows f where f.followed_id = ${repo.ownerId}::uuid
      union select l.user_id from catalog.likes l where l.repo_id = ${repo.id}::uuid`,
  )

export const tellOne = (db: Db, userId: string, news: News): Promise<void> =>
  tell(db, news, sql`select ${userId}::uuid as user_id`)

export type Listed = { row: Notification; at: string; actor: string | null; repo: string | null }

/** What a person may see now: nothing of a repository they may not read any more. */
const seenBy = async (db: Db, holder: Holder): Promise<SQL | undefined> => {
  const readable = db
    .select({ id: repos.id })
    .from(repos)
    .where(await visible(db, holder))
  return and(
    eq(notifications.userId, holder.user.id),
    sql`(${notifications.repoId} is null or ${notifications.repoId} in ${readable})`,
  )
}

/** One page, newest first. */
export const list = async (
  db: Db,
  holder: Holder,
  { limit, after, unread }: MomentCursor.Page & { unread: boolean },
): Promise<Listed[]> =>
  db
    .select({
      row: notifications,
      at: MomentCursor.exactly(notifications.createdAt),
      actor: accounts.name,
      repo: repos.key,
    })
    .from(notifications)
    .leftJoin(accounts, eq(accounts.id, notifications.actorId))
    .leftJoin(repos, eq(repos.id, notifications.repoId))
    .where(
      and(
        await seenBy(db, holder),
        unread ? isNull(notifications.readAt) : undefined,
        MomentCursor.beyond(after, notifications.createdAt, notifications.id),
      ),
    )
    .orderBy(desc(notifications.createdAt), desc(notifications.id))
    .limit(limit)

export const unread = async (db: Db, holder: Holder): Promise<number> =>
  db.$count(notifications, and(await seenBy(db, holder), isNull(notifications.readAt)))

/** Marks them as read; without ids all of this person. */
export const markRead = async (db: Db, userId: string, ids: string[] | undefined, now: Date): Promise<void> => {
  const chosen = ids === undefined ? undefined : inArray(notifications.id, ids)
  await db
    .update(notifications)
    .set({ readAt: now })
    .where(and(eq(notifications.userId, userId), isNull(notifications.readAt), chosen))
}

/** Takes away what is too old, and what a person has too many of. */
export const prune = async (db: Db, now: Date): Promise<void> => {
  const oldest = new Date(now.getTime() - kept.days * 86_400_000).toISOString()
  await db.execute(sql`delete from catalog.notifications where created_at < ${oldest}::timestamptz`)
  await db.execute(sql`delete from catalog.notifications n using (
      select id, row_number() over (partition by user_id order by created_at desc, id desc) as place
      from catalog.notifications where user_id in (
        select user_id from catalog.notifications group by user_id having count(*) > ${kept.each})) old
    where n.id = old.id and old.place > ${kept.each}`)
}
