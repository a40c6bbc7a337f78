import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate as run } from 'drizzle-orm/node-postgres/migrator'
import type { Pool } from 'pg'
import { ledger } from './tables.ts'
import { withClient } from './with-client.ts'

/** Brings schema `ledger` up to date; several processes may do so at once. */
export async function migrate(pool: Pool): Promise<void> {
  await withClient(pool, async (client) => {
    await client.query('select pg_advisory_lock($1)', [lockKey])
    try {
      await run(drizzle(client), {
        migrationsFolder: new URL('./migrations', import.meta.url).pathname,
        migrationsSchema: ledger.schemaName,
      })
    } finally {
      await client.query('select pg_advisory_unlock($1)', [lockKey])
    }
  })
}

/** "dehug" and a letter for this schema, as one number no other room uses. */
const lockKey = 0x6465_6875_6c
