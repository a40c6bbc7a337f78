import { sql } from 'drizzle-orm'
import { customType, pgSchema, timestamp, uuid } from 'drizzle-orm/pg-core'

export const catalog = pgSchema('catalog')

export const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' })
export const moment = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })
export const id = () => uuid('id').primaryKey().default(sql`gen_random_uuid()`)
