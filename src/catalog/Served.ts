import { sql } from 'drizzle-orm'
import type { Db } from './database.ts'
import { rowsOrNone } from './Onchain.ts'

const keptMs = 10_000
const maxKeys = 10_000

/** Models by key, with the task they are served for. */
export type Served = ReadonlyMap<string, { task: string }>

type Known = { at: number; models: Promise<Served> }
const known = new WeakMap<object, Known>()

/**
 * The models that providers run now, as the gateway on this database wrote down last; none where no gateway runs on it.
 * Asked for again after ten seconds.
 */
export const models = (db: Db, now: Date): Promise<Served> => {
  const at = now.getTime()
  const last = known.get(db)
  if (last && Math.abs(at - last.at) < keptMs) return last.models
  const found = read(db)
  known.set(db, { at, models: found })
  found.catch(() => known.delete(db))
  return found
}

const read = async (db: Db): Promise<Served> => {
  const rows = await rowsOrNone<{ repo: string; task: string }>(
    db,
    'gateway.serving',
    sql`select repo, min(task) as task from gateway.serving where valid_until > now() group by repo limit ${maxKeys}`,
  )
  return new Map(rows.map(({ repo, task }) => [repo, { task }]))
}
