import { index, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { accounts } from './accounts.ts'
import { catalog, id, moment } from './columns.ts'
import { repoId } from './repos.ts'

/** Files that somebody reserved with git-lfs, so that nobody else pushes a change of them meanwhile. */
export const lfsLocks = catalog.table(
  'lfs_locks',
  {
    id: id(),
    repoId: repoId(),
    path: text('path').notNull(),
    ownerId: uuid('owner_id')
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    lockedAt: moment('locked_at').notNull(),
  },
  (table) => [uniqueIndex('lfs_locks_path').on(table.repoId, table.path), index('lfs_locks_owner').on(table.ownerId)],
)
