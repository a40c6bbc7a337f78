import { createHash } from 'node:crypto'
import type { SQL } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import type { Db } from '../database.ts'

const dialect = new PgDialect()
/** Postgres keeps each of them on each connection. */
const maxNames = 64
const names = new Map<string, string>()

/**
 * Rows of a query that is asked often in the same words with other values: Postgres reads and plans it only a few times on
 * each connection. For queries whose best plan does not depend on the values.
 */
export const execute = async <T extends Record<string, unknown>>(db: Db, query: SQL): Promise<{ rows: T[] }> => {
  const built = dialect.sqlToQuery(query)
  const prepared = db._.session.prepareQuery(built, undefined, nameOf(built.sql), false)
  return (await prepared.execute()) as { rows: T[] }
}

const nameOf = (text: string): string | undefined => {
  const known = names.get(text)
  if (known !== undefined || names.size >= maxNames) return known
  const name = `dehug_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
  names.set(text, name)
  return name
}
