import type { Pool } from 'pg'
import { runMigrations } from './run-migrations.ts'
import { ledger } from './tables.ts'

const folder = new URL('./migrations', import.meta.url).pathname

/** Brings schema `ledger` up to date. */
export const migrate = (pool: Pool): Promise<void> =>
  runMigrations(pool, { folder, schema: ledger.schemaName, lockKey: 0x6465_6875_6c })
