import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import type { Pool } from 'pg'
import { withClient } from './with-client.ts'

export type Migrations = {
  /** Folder that drizzle-kit wrote. */
  folder: string
  /** Postgres schema that remembers which of them have run. */
  schema: string
  /** A number that nothing else on the database locks. */
  lockKey: number
}

/** Brings a room's tables up to date; several processes may do so at once, and one waits for the other. */
export const runMigrations = (pool: Pool, { folder, schema, lockKey }: Migrations): Promise<void> =>
  withClient(pool, async (client) => {
    await client.query('select pg_advisory_lock($1)', [lockKey])
    try {
      await migrate(drizzle(client), { migrationsFolder: folder, migrationsSchema: schema })
    } finally {
      await client.query('select pg_advisory_unlock($1)', [lockKey]).catch(() => undefined)
    }
  })
