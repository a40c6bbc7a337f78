import { boolean, customType, index, text, uuid } from 'drizzle-orm/pg-core'
import { catalog } from './columns.ts'
import { repos } from './repos.ts'

const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' })

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
