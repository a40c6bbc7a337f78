import { boolean, index, integer, jsonb, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { accounts } from './accounts.ts'
import { catalog, id, moment } from './columns.ts'
import { repoId, repos } from './repos.ts'

const accountId = (name: string) =>
  uuid(name)
    .notNull()
    .references(() => accounts.id, { onDelete: 'cascade' })

/** Who follows whom; people follow people and organisations. */
export const follows = catalog.table(
  'follows',
  {
    followerId: accountId('follower_id'),
    followedId: accountId('followed_id'),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.followerId, table.followedId] }),
    index('follows_followed').on(table.followedId),
  ],
)

/** One row for each person who likes a repository; `repos.likes` counts them. */
export const likes = catalog.table(
  'likes',
  { repoId: repoId(), userId: accountId('user_id'), createdAt: moment('created_at').notNull() },
  (table) => [
    primaryKey({ columns: [table.repoId, table.userId] }),
    index('likes_user').on(table.userId),
    index('likes_created').on(table.createdAt),
  ],
)

/** Names that repositories had before. They lead to the repository for ever, and nothing else ever gets them. */
export const formerNames = catalog.table(
  'former_names',
  {
    /** `model:ns/name`, lower-case. */
    key: text('key').primaryKey(),
    /** Null once the repository was deleted: the name stays taken. */
    repoId: uuid('repo_id').references(() => repos.id, { onDelete: 'set null' }),
    since: moment('since').notNull(),
  },
  (table) => [index('former_names_repo').on(table.repoId)],
)

/** Which commit of which repository a fork began with. */
export const forks = catalog.table(
  'forks',
  {
    repoId: repoId().primaryKey(),
    /** Null once the source was deleted. */
    sourceId: uuid('source_id').references(() => repos.id, { onDelete: 'set null' }),
    commit: text('commit').notNull(),
    /** Root of that commit's manifest where it was anchored. */
    root: text('root'),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [index('forks_source').on(table.sourceId)],
)

/** Who asked for, got or was refused the files of a gated repository: a person, or an organisation for all its members. */
export const accessRequests = catalog.table(
  'access_requests',
  {
    repoId: repoId(),
    accountId: accountId('account_id'),
    status: text('status', { enum: ['pending', 'accepted', 'rejected'] }).notNull(),
    /** What the form was filled in with. */
    fields: jsonb('fields').$type<Record<string, string | number | boolean>>(),
    reason: text('reason'),
    createdAt: moment('created_at').notNull(),
    decidedAt: moment('decided_at'),
    /** Who decided; null for a rule. */
    decidedBy: uuid('decided_by').references(() => accounts.id, { onDelete: 'set null' }),
    /** Accepted by a rule, and only as long as the account holds one of the rule's NFTs. */
    whileHolding: boolean('while_holding').notNull().default(false),
  },
  (table) => [
    primaryKey({ columns: [table.repoId, table.accountId] }),
    index('access_requests_account').on(table.accountId, table.status),
  ],
)

/** Lists of repositories and papers that people put together. */
export const collections = catalog.table(
  'collections',
  {
    id: id(),
    ownerId: accountId('owner_id'),
    title: text('title').notNull(),
    /** The title as it stands in the address. */
    slug: text('slug').notNull(),
    description: text('description'),
    private: boolean('private').notNull().default(false),
    theme: text('theme').notNull(),
    position: integer('position').notNull().default(0),
    upvotes: integer('upvotes').notNull().default(0),
    createdAt: moment('created_at').notNull(),
    updatedAt: moment('updated_at').notNull(),
  },
  (table) => [
    uniqueIndex('collections_slug').on(table.ownerId, table.slug),
    index('collections_updated').on(table.updatedAt, table.id),
    index('collections_upvotes').on(table.upvotes, table.id),
  ],
)

export const collectionItems = catalog.table(
  'collection_items',
  {
    id: id(),
    collectionId: uuid('collection_id')
      .notNull()
      .references(() => collections.id, { onDelete: 'cascade' }),
    type: text('type', { enum: ['model', 'dataset', 'space', 'paper', 'collection'] }).notNull(),
    /** What it is: the id of our row, or the number of a paper. */
    target: text('target').notNull(),
    /** Set where the item is a repository, with which it goes. */
    repoId: uuid('repo_id').references(() => repos.id, { onDelete: 'cascade' }),
    note: text('note'),
    position: integer('position').notNull(),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [
    uniqueIndex('collection_items_target').on(table.collectionId, table.type, table.target),
    index('collection_items_of').on(table.type, table.target),
    index('collection_items_repo').on(table.repoId),
  ],
)

export const collectionUpvotes = catalog.table(
  'collection_upvotes',
  {
    collectionId: uuid('collection_id')
      .notNull()
      .references(() => collections.id, { onDelete: 'cascade' }),
    userId: accountId('user_id'),
  },
  (table) => [primaryKey({ columns: [table.collectionId, table.userId] })],
)
