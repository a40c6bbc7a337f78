import { bigserial, boolean, index, integer, jsonb, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { accounts } from './accounts.ts'
import { catalog, id, moment } from './columns.ts'
import { repoId } from './repos.ts'

const authorId = () => uuid('author_id').references(() => accounts.id, { onDelete: 'set null' })

/** Discussions and pull requests, numbered together within a repository. */
export const discussions = catalog.table(
  'discussions',
  {
    id: id(),
    repoId: repoId(),
    num: integer('num').notNull(),
    title: text('title').notNull(),
    status: text('status', { enum: ['draft', 'open', 'closed', 'merged'] }).notNull(),
    isPullRequest: boolean('is_pull_request').notNull(),
    authorId: authorId(),
    createdAt: moment('created_at').notNull(),
    mergeCommit: text('merge_commit'),
  },
  (table) => [
    uniqueIndex('discussions_num').on(table.repoId, table.num),
    index('discussions_author').on(table.authorId),
  ],
)

/** What happened in a discussion, in order of `position`. `data` depends on the kind. */
export const discussionEvents = catalog.table(
  'discussion_events',
  {
    id: id(),
    position: bigserial('position', { mode: 'number' }).notNull(),
    discussionId: uuid('discussion_id')
      .notNull()
      .references(() => discussions.id, { onDelete: 'cascade' }),
    kind: text('kind', { enum: ['comment', 'status-change', 'commit', 'title-change'] }).notNull(),
    authorId: authorId(),
    createdAt: moment('created_at').notNull(),
    data: jsonb('data').$type<Record<string, unknown>>().notNull(),
  },
  (table) => [index('discussion_events_order').on(table.discussionId, table.position)],
)
