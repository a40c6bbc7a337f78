import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate as run } from 'drizzle-orm/node-postgres/migrator'
import type { Pool } from 'pg'
import { gateway } from './tables.ts'

/** Brings schema `gateway` up to date; several processes may do so at once. */
export async function migrate(pool: Pool): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [lockKey])
    await run(drizzle(client), {
      migrationsFolder: new URL('./migrations', import.meta.url).pathname,
      migrationsSchema: gateway.schemaName,
    })
  } finally {
    await client.query('select pg_advisory_unlock($1)', [lockKey])
    client.release()
  }
}

/** "dehug" and a letter for this schema, as one number no other room uses. */
const lockKey = 0x6465_6875_67
