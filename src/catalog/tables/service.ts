import { integer, numeric, primaryKey, text } from 'drizzle-orm/pg-core'
import { bytea, catalog, moment } from './columns.ts'

/** One-time values of wallet logins. */
export const nonces = catalog.table('nonces', {
  nonce: text('nonce').primaryKey(),
  expiresAt: moment('expires_at').notNull(),
})

/** Random keys that all hub processes on one database share. */
export const secrets = catalog.table('secrets', { name: text('name').primaryKey(), value: bytea('value').notNull() })

/** Gas money of the relayer by UTC day (days since 1970) and account; the account `*` is everybody together. */
export const relaySpending = catalog.table(
  'relay_spending',
  {
    day: integer('day').notNull(),
    account: text('account').notNull(),
    transactions: integer('transactions').notNull(),
    wei: numeric('wei', { precision: 78, scale: 0 }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.day, table.account] })],
)
