import { index, primaryKey, text } from 'drizzle-orm/pg-core'
import { catalog, moment } from './columns.ts'
import { repoId } from './repos.ts'

/** What the registry view made of a commit, by digest, so that it can be made again: pulls go on by digest while branches move. */
export const ociDocuments = catalog.table(
  'oci_documents',
  {
    repoId: repoId(),
    /** 64 hex digits. */
    digest: text('digest').notNull(),
    part: text('part', { enum: ['manifest', 'config'] }).notNull(),
    form: text('form', { enum: ['oci', 'ollama'] }).notNull(),
    commit: text('commit').notNull(),
    /** The one file of weights it is about; empty for all files. */
    file: text('file').notNull(),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.repoId, table.digest] }),
    index('oci_documents_commit').on(table.repoId, table.commit),
  ],
)
