import { type SQL, sql } from 'drizzle-orm'
import { type AnyPgColumn, doublePrecision, index, integer, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { accounts } from './accounts.ts'
import { catalog, id, moment } from './columns.ts'
import { repoId, repos } from './repos.ts'

/** Signed pull receipts. `person` is the tag that stands for somebody on that day and version, also where their wallet signed. */
export const pulls = catalog.table(
  'pulls',
  {
    repoId: repoId(),
    root: text('root').notNull(),
    /** UTC days since 1970. */
    day: integer('day').notNull(),
    person: text('person').notNull(),
    /** The key as it was signed: a repository may be called otherwise later. */
    repo: text('repo').notNull(),
    by: text('by', { enum: ['wallet', 'hub'] }).notNull(),
    signer: text('signer').notNull(),
    signature: text('signature').notNull(),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.repoId, table.root, table.day, table.person] }),
    index('pulls_day').on(table.day),
  ],
)

/** How many receipts a version has of a day. */
export const pullDays = catalog.table(
  'pull_days',
  {
    repoId: repoId(),
    day: integer('day').notNull(),
    root: text('root').notNull(),
    pulls: integer('pulls').notNull(),
  },
  (table) => [primaryKey({ columns: [table.repoId, table.day, table.root] })],
)

/** Points of a repository's day by the published formula, in thousandths. */
export const signalDays = catalog.table(
  'signal_days',
  {
    repoId: repoId(),
    day: integer('day').notNull(),
    points: doublePrecision('points').notNull(),
  },
  (table) => [primaryKey({ columns: [table.repoId, table.day] }), index('signal_days_day').on(table.day)],
)

/** What happened that concerns a person; the newest few hundred of each. */
export const notifications = catalog.table(
  'notifications',
  {
    id: id(),
    userId: uuid('user_id')
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    kind: text('kind', {
      enum: ['discussion', 'comment', 'pull-request', 'access-request', 'access-decision', 'payout', 'version'],
    }).notNull(),
    /** Null where it is about no repository. */
    repoId: uuid('repo_id').references(() => repos.id, { onDelete: 'cascade' }),
    actorId: uuid('actor_id').references(() => accounts.id, { onDelete: 'set null' }),
    title: text('title').notNull(),
    /** Path on this hub and its web app. */
    path: text('path').notNull(),
    createdAt: moment('created_at').notNull(),
    readAt: moment('read_at'),
  },
  (table) => [
    index('notifications_user').on(table.userId, table.createdAt, table.id),
    index('notifications_repo').on(table.repoId),
  ],
)

/** How far work that goes through the chain's events has come. */
export const progress = catalog.table('progress', { name: text('name').primaryKey(), value: text('value').notNull() })

/** Of `id:config[split]` the id, in lower-case. */
export const datasetId = (dataset: AnyPgColumn | SQL): SQL => sql`lower(regexp_replace(${dataset}, '[:[].*', ''))`

/** Results of repositories: of the newest anchored manifest, and of the card at the head of the main branch. */
export const evaluations = catalog.table(
  'evaluations',
  {
    repoId: repoId(),
    /** `card`: the word of whoever wrote the model card. `manifest`: signed, and anchored on chain. */
    source: text('source', { enum: ['card', 'manifest'] }).notNull(),
    position: integer('position').notNull(),
    commit: text('commit').notNull(),
    task: text('task').notNull(),
    dataset: text('dataset').notNull(),
    datasetSha256: text('dataset_sha256'),
    metric: text('metric').notNull(),
    value: doublePrecision('value').notNull(),
    /** Root of the anchored version and who signed it; null for a card. */
    root: text('root'),
    author: text('author'),
    statedAt: moment('stated_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.repoId, table.source, table.position] }),
    index('evaluations_of').on(table.dataset, table.metric),
    index('evaluations_dataset').on(datasetId(table.dataset), table.metric),
  ],
)
