import { sql } from 'drizzle-orm'
import { boolean, customType, index, integer, text, uuid } from 'drizzle-orm/pg-core'
import { bytea, catalog } from './columns.ts'
import { repos } from './repos.ts'

const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' })
const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' })

/**
 * What search reads of each model and data set. Triggers on `repos` and `versions` keep it up to date in the same
 * transaction, whoever writes there (see the migration `search_rows`); only `text` is written by the hub.
 */
export const searchRows = catalog.table(
  'search',
  {
    repoId: uuid('repo_id')
      .primaryKey()
      .references(() => repos.id, { onDelete: 'cascade' }),
    type: text('type').notNull(),
    isPublic: boolean('is_public').notNull(),
    /** Lexemes of the name (A), of tags (B), of the description (C) and of the README (D). */
    words: tsvector('words').notNull(),
    /** Values that are counted and filtered by, such as `task:text-generation`. */
    facets: text('facets').array().notNull(),
    /** Values that are only filtered by: `author:lab`, `tag:x`. */
    labels: text('labels').array().notNull(),
    /** The README without its metadata and markup, as far as it is searched. */
    text: text('text').notNull().default(''),
  },
  (table) => [index('search_words').using('gin', table.words, table.facets, table.labels).with({ fastupdate: 'off' })],
)

/**
 * What a model makes of the meaning of each row of {@link searchRows}. Triggers there count `wanted` up when the words
 * change and set `changed` when who may see it does (see the migration `search_meanings`).
 */
export const searchVectors = catalog.table(
  'search_vectors',
  {
    repoId: uuid('repo_id')
      .primaryKey()
      .references(() => repos.id, { onDelete: 'cascade' }),
    wanted: integer('wanted').notNull().default(1),
    /** The `wanted` that the vector was made for. */
    made: integer('made').notNull().default(0),
    /** What made it. */
    model: text('model').notNull().default(''),
    /** Numbers of one byte each; null: not made yet, or the model takes no such text. */
    vector: bytea('vector'),
    /** The transaction that wrote the row last. */
    changed: xid8('changed').notNull().default(sql`pg_current_xact_id()`),
  },
  (table) => [
    index('search_vectors_changed').on(table.changed),
    index('search_vectors_missing').on(table.repoId).where(sql`made <> wanted`),
  ],
)
