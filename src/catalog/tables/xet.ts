import { bigint, customType, index, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { accounts } from './accounts.ts'
import { catalog, moment } from './columns.ts'

/** Ranges of chunk numbers, as Postgres writes them: `{[0,4),[9,12)}`. */
export const multirange = customType<{ data: string }>({ dataType: () => 'int4multirange' })

/** Files kept as chunks, with the hash Xet clients know them by. */
export const xetFiles = catalog.table(
  'xet_files',
  {
    cid: text('cid').primaryKey(),
    hash: text('hash').notNull(),
    sha256: text('sha256').notNull(),
    size: bigint('size', { mode: 'number' }).notNull(),
  },
  (table) => [index('xet_files_hash').on(table.hash)],
)

/** Xorbs a person proved to have by sending them. */
export const xetUploads = catalog.table(
  'xet_uploads',
  {
    userId: uuid('user_id')
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    xorb: text('xorb').notNull(),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.xorb] })],
)

/** Which chunks of a xorb a file is made of: whoever may read the file may use these. */
export const xetUses = catalog.table(
  'xet_uses',
  { xorb: text('xorb').notNull(), cid: text('cid').notNull(), ranges: multirange('ranges').notNull() },
  (table) => [primaryKey({ columns: [table.xorb, table.cid] }), index('xet_uses_cid').on(table.cid)],
)

/** The few chunks of each file that clients ask about before they upload. */
export const xetChunks = catalog.table(
  'xet_chunks',
  { chunk: text('chunk').notNull(), cid: text('cid').notNull() },
  (table) => [primaryKey({ columns: [table.chunk, table.cid] })],
)
