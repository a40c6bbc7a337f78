import { bigint, boolean, index, integer, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { catalog, moment } from './columns.ts'
import { repoId } from './repos.ts'

/** The shape of history, so that walking it reads no objects; one row for each commit among the objects. */
export const commits = catalog.table(
  'commits',
  {
    repoId: repoId(),
    oid: text('oid').notNull(),
    tree: text('tree').notNull(),
    parents: text('parents').array().notNull(),
    /** Time of the commit, Unix seconds. */
    at: bigint('at', { mode: 'number' }).notNull(),
    /** Commits on the longest way back to a beginning, this one included: always more than any ancestor's. */
    generation: integer('generation').notNull(),
    /** Whether no ancestor is a merge; then `generation` is the number of commits. */
    linear: boolean('linear').notNull(),
  },
  (table) => [primaryKey({ columns: [table.repoId, table.oid] }), index('commits_tree').on(table.repoId, table.tree)],
)

/** How a large file first came into a repository; `oid` is that of its pointer. */
export const lfsFiles = catalog.table(
  'lfs_files',
  {
    repoId: repoId(),
    oid: text('oid').notNull(),
    path: text('path').notNull(),
    ref: text('ref').notNull(),
    pushedAt: moment('pushed_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.repoId, table.oid] })],
)

/** Commits that no ref leads to any more; they and what only they hold go after a moment. Rows outlive their repository. */
export const lostTips = catalog.table(
  'lost_tips',
  {
    repoId: uuid('repo_id').notNull(),
    oid: text('oid').notNull(),
    until: moment('until').notNull(),
  },
  (table) => [primaryKey({ columns: [table.repoId, table.oid] }), index('lost_tips_until').on(table.until)],
)
