import { and, asc, count, desc, eq, inArray, max } from 'drizzle-orm'
import { BadInput, Conflict, NotFound } from '../core/index.ts'
import type { Db } from './database.ts'
import { parseCommit } from './GitObject.ts'
import * as History from './History.ts'
import type { Repo } from './Repo.ts'
import { accounts, discussionEvents, discussions, gitObjects } from './tables/index.ts'

/** A discussion or pull request; `author` is null where the account is gone. */
export type Discussion = typeof discussions.$inferSelect & { author: string | null }
export type Status = Discussion['status']

/** Something that happened in a discussion; `data` as below for each kind. */
export type Event = typeof discussionEvents.$inferSelect & { author: string | null }

/** `data` of a comment: its text, what it said before, newest last, and whether it is shown. */
export type Comment = { raw: string; updatedAt: string; hidden: boolean; history: { raw: string; updatedAt: string }[] }

/** Where the commits of a pull request are. */
export const refOf = (num: number): string => `refs/pr/${num}`

const numberOf = (ref: string): number | undefined => {
  const [, digits] = /^refs\/pr\/([1-9]\d{0,8})$/.exec(ref) ?? []
  return digits === undefined ? undefined : Number(digits)
}

/** Events of one discussion, and texts a comment remembers; enough for people, and a bound for machines. */
const maxEvents = 2_000
const maxHistory = 20

export type New = { title: string; description: string; isPullRequest: boolean; authorId: string; now: Date }

/** Opens a discussion, or drafts a pull request, with its first comment; the caller holds the lock of the repository. */
export const create = async (tx: Db, repoId: string, input: New): Promise<number> => {
  const { title, description, isPullRequest, authorId, now } = input
  const [last] = await tx
    .select({ num: max(discussions.num) })
    .from(discussions)
    .where(eq(discussions.repoId, repoId))
  const num = (last?.num ?? 0) + 1
  const status = isPullRequest ? 'draft' : 'open'
  const row = { repoId, num, title, status, isPullRequest, authorId, createdAt: now } as const
  const [made] = await tx.insert(discussions).values(row).returning()
  if (made && description !== '') await addComment(tx, made.id, authorId, description, now)
  return num
}

const author = accounts.name

/** One discussion by its number. Throws {@link NoSuchDiscussion}. */
export const get = async (db: Db, repoId: string, num: number): Promise<Discussion> => {
  const [row] = await db
    .select({ discussion: discussions, author })
    .from(discussions)
    .leftJoin(accounts, eq(accounts.id, discussions.authorId))
    .where(and(eq(discussions.repoId, repoId), eq(discussions.num, num)))
  if (!row) throw new NoSuchDiscussion(num)
  return { ...row.discussion, author: row.author }
}

export type Query = {
  pullRequests?: boolean | undefined
  statuses?: Status[] | undefined
  /** Name of an account, whatever the letter case. */
  author?: string | undefined
  skip: number
  limit: number
}

/** One page, newest first, and how many there are in all. */
export const list = async (db: Db, repoId: string, query: Query) => {
  const { pullRequests, statuses, author: name, skip, limit } = query
  const matching = and(
    eq(discussions.repoId, repoId),
    pullRequests === undefined ? undefined : eq(discussions.isPullRequest, pullRequests),
    statuses === undefined ? undefined : inArray(discussions.status, statuses),
    name === undefined ? undefined : eq(accounts.key, name.toLowerCase()),
  )
  const from = <T extends Record<string, unknown>>(fields: T) =>
    db
      .select(fields as never)
      .from(discussions)
      .leftJoin(accounts, eq(accounts.id, discussions.authorId))
      .where(matching)
  const rows = (await from({ discussion: discussions, author })
    .orderBy(desc(discussions.num))
    .offset(skip)
    .limit(limit)) as { discussion: typeof discussions.$inferSelect; author: string | null }[]
  const [total] = (await from({ count: count() })) as { count: number }[]
  return { discussions: rows.map((row) => ({ ...row.discussion, author: row.author })), count: total?.count ?? 0 }
}

/** What happened, oldest first. */
export const events = async (db: Db, discussionId: string): Promise<Event[]> => {
  const rows = await db
    .select({ event: discussionEvents, author })
    .from(discussionEvents)
    .leftJoin(accounts, eq(accounts.id, discussionEvents.authorId))
    .where(eq(discussionEvents.discussionId, discussionId))
    .orderBy(asc(discussionEvents.position))
    .limit(maxEvents)
  return rows.map((row) => ({ ...row.event, author: row.author }))
}

/** One event by its id. Throws `NotFound` where this discussion has no such comment. */
export const commentOf = async (db: Db, discussionId: string, id: string): Promise<Event> => {
  const known = /^[0-9a-f-]{36}$/i.test(id)
  const [row] = known
    ? await db
        .select({ event: discussionEvents, author })
        .from(discussionEvents)
        .leftJoin(accounts, eq(accounts.id, discussionEvents.authorId))
        .where(and(eq(discussionEvents.discussionId, discussionId), eq(discussionEvents.id, id)))
    : []
  if (row?.event.kind !== 'comment') throw new NotFound('There is no such comment.', { code: 'no_such_comment' })
  return { ...row.event, author: row.author }
}

const addEvent = async (
  tx: Db,
  discussionId: string,
  kind: Event['kind'],
  authorId: string | undefined,
  data: Record<string, unknown>,
  now: Date,
): Promise<Event> => {
  const [there] = await tx
    .select({ count: count() })
    .from(discussionEvents)
    .where(eq(discussionEvents.discussionId, discussionId))
  if ((there?.count ?? 0) >= maxEvents) throw new DiscussionFull()
  const row = { discussionId, kind, authorId: authorId ?? null, createdAt: now, data }
  const [made] = await tx.insert(discussionEvents).values(row).returning()
  const event = made as typeof discussionEvents.$inferSelect
  const [who] = authorId ? await tx.select({ name: accounts.name }).from(accounts).where(eq(accounts.id, authorId)) : []
  return { ...event, author: who?.name ?? null }
}

export const addComment = (tx: Db, discussionId: string, authorId: string, raw: string, now: Date): Promise<Event> => {
  const data: Comment = { raw, updatedAt: now.toISOString(), hidden: false, history: [] }
  return addEvent(tx, discussionId, 'comment', authorId, data, now)
}

/** Changes a comment's text; what it said before is kept beside it. */
export const editComment = async (tx: Db, event: Event, raw: string, now: Date): Promise<Event> => {
  const { data } = await lockedEvent(tx, event)
  const before = data as Comment
  const history = [...before.history, { raw: before.raw, updatedAt: before.updatedAt }].slice(-maxHistory)
  return saveComment(tx, event, { ...before, raw, updatedAt: now.toISOString(), history })
}

/** Hides a comment for good. */
export const hideComment = async (tx: Db, event: Event, now: Date): Promise<Event> => {
  const { data } = await lockedEvent(tx, event)
  return saveComment(tx, event, { ...(data as Comment), hidden: true, updatedAt: now.toISOString() })
}

const lockedEvent = async (tx: Db, { id }: Event) => {
  const [row] = await tx.select().from(discussionEvents).where(eq(discussionEvents.id, id)).for('update')
  if (!row) throw new NotFound('There is no such comment.', { code: 'no_such_comment' })
  return row
}

const saveComment = async (tx: Db, event: Event, data: Comment): Promise<Event> => {
  await tx.update(discussionEvents).set({ data }).where(eq(discussionEvents.id, event.id))
  return { ...event, data }
}

export const setTitle = async (tx: Db, discussion: Discussion, title: string, authorId: string, now: Date) => {
  await tx.update(discussions).set({ title }).where(eq(discussions.id, discussion.id))
  return addEvent(tx, discussion.id, 'title-change', authorId, { from: discussion.title, to: title }, now)
}

/** Opens or closes. Throws {@link AlreadyMerged}. */
export const setStatus = async (
  tx: Db,
  discussion: Discussion,
  status: Status,
  authorId: string | undefined,
  now: Date,
): Promise<Event> => {
  const [row] = await tx.select().from(discussions).where(eq(discussions.id, discussion.id)).for('update')
  if (row?.status === 'merged') throw new AlreadyMerged(discussion.num)
  await tx.update(discussions).set({ status }).where(eq(discussions.id, discussion.id))
  return addEvent(tx, discussion.id, 'status-change', authorId, { status }, now)
}

/** Marks a pull request as merged by a commit. Throws {@link AlreadyMerged}. */
export const setMerged = async (tx: Db, discussion: Discussion, commit: string, authorId: string, now: Date) => {
  await setStatus(tx, discussion, 'merged', authorId, now)
  await tx.update(discussions).set({ mergeCommit: commit }).where(eq(discussions.id, discussion.id))
}

/**
 * Tells a pull request that its ref moved: its commits become events, and a draft opens. Other refs mean nothing here.
 * Throws {@link NoSuchDiscussion} where nobody asked for such a pull request, and {@link AlreadyMerged}.
 */
export const pushed = async (
  tx: Db,
  repo: Repo,
  move: { ref: string; from: string; to: string },
  authorId: string | undefined,
  now: Date,
): Promise<void> => {
  if (!move.ref.startsWith('refs/pr/')) return
  const num = numberOf(move.ref)
  const discussion = num === undefined ? undefined : await get(tx, repo.id, num)
  if (!discussion?.isPullRequest) throw new NoSuchDiscussion(num ?? 0)
  if (discussion.status === 'merged') throw new AlreadyMerged(discussion.num)
  if (move.from === '' || move.to === '') return
  for (const { oid, subject } of await commitsBetween(tx, repo.id, move)) {
    await addEvent(tx, discussion.id, 'commit', authorId, { oid, subject }, now)
  }
  if (discussion.status === 'draft') await setStatus(tx, discussion, 'open', authorId, now)
}

const eventsOfOnePush = 50

const commitsBetween = async (tx: Db, repoId: string, { from, to }: { from: string; to: string }) => {
  const line = (await History.firstParents(tx, repoId, to, eventsOfOnePush)).map(({ oid }) => oid)
  const cut = line.indexOf(from)
  const fresh = (cut < 0 ? line.slice(0, 1) : line.slice(0, cut)).reverse()
  if (fresh.length === 0) return []
  const rows = await tx
    .select({ oid: gitObjects.oid, bytes: gitObjects.bytes })
    .from(gitObjects)
    .where(and(eq(gitObjects.repoId, repoId), inArray(gitObjects.oid, fresh)))
  const subjects = new Map(rows.map(({ oid, bytes }) => [oid, parseCommit(bytes).message.split('\n')[0] ?? '']))
  // NUL is the one character that the database does not take.
  return fresh.map((oid) => ({ oid, subject: (subjects.get(oid) ?? '').replaceAll('\0', '').slice(0, 1_000) }))
}

export class NoSuchDiscussion extends NotFound {
  constructor(num: number) {
    super(`There is no discussion ${num} here.`, { code: 'no_such_discussion' })
  }
}

export class AlreadyMerged extends Conflict {
  constructor(num: number) {
    super(`The pull request ${num} is merged already.`, {
      code: 'already_merged',
      hint: 'Open another pull request.',
    })
  }
}

export class DiscussionFull extends BadInput {
  constructor() {
    super(`A discussion has at most ${maxEvents} events.`, { code: 'discussion_full', hint: 'Open another one.' })
  }
}
