import type { Pool } from 'pg'
import { runMigrations } from '../settle/index.ts'
import { gateway } from './tables.ts'

const folder = new URL('./migrations', import.meta.url).pathname

/** Brings schema `gateway` up to date. */
export const migrate = (pool: Pool): Promise<void> =>
  runMigrations(pool, { folder, schema: gateway.schemaName, lockKey: 0x6465_6875_67 })
