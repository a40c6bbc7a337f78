import { boolean, index, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { catalog, id, moment } from './columns.ts'

/** People and organisations share one table because they share one set of names. */
export const accounts = catalog.table(
  'accounts',
  {
    id: id(),
    kind: text('kind', { enum: ['user', 'org'] }).notNull(),
    /** Lower-case `name`. */
    key: text('key').notNull(),
    name: text('name').notNull(),
    fullname: text('fullname').notNull().default(''),
    email: text('email'),
    /** A few words about the account. */
    details: text('details'),
    /** Wallet address, lower-case. */
    address: text('address'),
    plan: text('plan').notNull().default('free'),
    admin: boolean('admin').notNull().default(false),
    defaultVisibility: text('default_visibility', { enum: ['public', 'private'] })
      .notNull()
      .default('public'),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [uniqueIndex('accounts_key').on(table.key), uniqueIndex('accounts_address').on(table.address)],
)

export const members = catalog.table(
  'members',
  {
    orgId: uuid('org_id')
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    userId: uuid('user_id')
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    role: text('role', { enum: ['admin', 'write', 'contributor', 'read'] }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.userId] }), index('members_user').on(table.userId)],
)
