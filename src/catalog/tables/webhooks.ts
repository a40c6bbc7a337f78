import { sql } from 'drizzle-orm'
import { boolean, index, integer, jsonb, text, uuid } from 'drizzle-orm/pg-core'
import { accounts } from './accounts.ts'
import { catalog, id, moment } from './columns.ts'

/** Where somebody wants to be told about repositories. */
export const webhooks = catalog.table(
  'webhooks',
  {
    id: id(),
    ownerId: uuid('owner_id')
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    url: text('url').notNull(),
    /** `model:ns/name`, lower-case, or `user:name` and `org:name` for all of an account. */
    watched: text('watched').array().notNull(),
    domains: text('domains', { enum: ['repo', 'discussions'] })
      .array()
      .notNull(),
    secret: text('secret'),
    disabled: boolean('disabled').notNull().default(false),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [index('webhooks_owner').on(table.ownerId), index('webhooks_watched').using('gin', table.watched)],
)

/** One message to one webhook, with what became of it. */
export const deliveries = catalog.table(
  'deliveries',
  {
    id: id(),
    webhookId: uuid('webhook_id')
      .notNull()
      .references(() => webhooks.id, { onDelete: 'cascade' }),
    payload: jsonb('payload').$type<Record<string, unknown>>().notNull(),
    status: text('status', { enum: ['pending', 'delivered', 'failed'] }).notNull(),
    attempts: integer('attempts').notNull().default(0),
    responseStatus: integer('response_status'),
    /** Why the last attempt failed. */
    problem: text('problem'),
    createdAt: moment('created_at').notNull(),
    attemptedAt: moment('attempted_at'),
  },
  (table) => [
    index('deliveries_webhook').on(table.webhookId, table.createdAt),
    index('deliveries_pending').on(table.createdAt).where(sql`status = 'pending'`),
  ],
)
