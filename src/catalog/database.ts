import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { Unavailable } from '../core/index.ts'
import { runMigrations } from '../settle/index.ts'
import * as tables from './tables/index.ts'

/** The database, or one transaction on it. */
export type Db = Omit<NodePgDatabase<typeof tables>, '$client'>

/** A connection pool with the schema `catalog` in its newest form. */
export type Catalog = AsyncDisposable & { db: Db; pool: pg.Pool; close(): Promise<void> }

const folder = join(import.meta.dirname, 'migrations')

/**
 * Connects and brings the tables up to date; several processes may do so at once.
 * Throws {@link DatabaseUnreachable}.
 */
export const openCatalog = async (options: { databaseUrl: string; connections?: number }): Promise<Catalog> => {
  const pool = new pg.Pool({
    connectionString: options.databaseUrl,
    max: options.connections ?? 8,
    connectionTimeoutMillis: 10_000,
  })
  // An idle connection that the server closes must not end the process; the next query reconnects.
  pool.on('error', () => undefined)
  try {
    await runMigrations(pool, { folder, schema: 'catalog_migrations', lockKey: 0x4465_4875_67 })
  } catch (cause) {
    await pool.end()
    throw new DatabaseUnreachable(options.databaseUrl, cause)
  }
  const close = () => pool.end()
  return { db: drizzle(pool, { schema: tables }), pool, close, [Symbol.asyncDispose]: close }
}

/** A random 32-byte key under a name, made on first use and the same for all processes on this database. */
export const sharedSecret = async (db: Db, name: string): Promise<Uint8Array> => {
  await db
    .insert(tables.secrets)
    .values({ name, value: randomBytes(32) })
    .onConflictDoNothing()
  const [row] = await db.select().from(tables.secrets).where(eq(tables.secrets.name, name))
  return (row as { value: Uint8Array }).value
}

/** The database does not answer, or its tables cannot be brought up to date. */
export class DatabaseUnreachable extends Unavailable {
  constructor(url: string, cause: unknown) {
    const { hostname, port, pathname } = new URL(url)
    super(`The database ${hostname}:${port}${pathname} cannot be used: ${(cause as Error).message}.`, {
      code: 'database_unreachable',
      hint: 'Check that Postgres 15 or newer runs there and that DATABASE_URL names it.',
      cause,
    })
  }
}
