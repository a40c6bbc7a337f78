import { sql } from 'drizzle-orm'
import type { Db } from './database.ts'
import { rowsOrNone } from './Onchain.ts'

const keptMs = 10_000
const maxKeys = 10_000

type Known = { at: number; keys: Promise<ReadonlySet<string>> }
const known = new WeakMap<object, Known>()

/**
 * Keys of the models that a provider offers to run now, as far as the gateway on this database has seen their offers;
 * none where no gateway runs on it. Asked for again after ten seconds.
 */
export const keys = (db: Db, now: Date): Promise<ReadonlySet<string>> => {
  const at = now.getTime()
  const last = known.get(db)
  if (last && Math.abs(at - last.at) < keptMs) return last.keys
  const found = read(db, now)
  known.set(db, { at, keys: found })
  found.catch(() => known.delete(db))
  return found
}

const read = async (db: Db, now: Date): Promise<ReadonlySet<string>> => {
  const rows = await rowsOrNone<{ repo: string }>(
    db,
    sql`select distinct repo from gateway.offers
      where (offer ->> 'validUntil')::numeric > ${Math.floor(now.getTime() / 1000)}
        and not exists (select from gateway.bans where provider = offer ->> 'provider')
      limit ${maxKeys}`,
  )
  return new Set(rows.map(({ repo }) => (repo.includes(':') ? repo : `model:${repo}`).toLowerCase()))
}
