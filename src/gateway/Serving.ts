import { lt, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { Offer } from '../core/index.ts'
import type { KnownOffer } from './Providers.ts'
import { serving } from './tables.ts'

/** Offers are signed anew all the time; what has not changed is written no more often than this. */
const restMs = 30_000

/** Writes down who serves what, so that the hub can show it. Called after each round of asking providers. */
export type Serving = { record(offers: readonly KnownOffer[]): Promise<void> }

export function open(database: NodePgDatabase, now: () => number): Serving {
  let last = { what: '', at: Number.NEGATIVE_INFINITY }
  return {
    record: async (offers) => {
      const what = offers.map(({ offer, model, url }) => `${offer.provider} ${model} ${url}`).join()
      if (what === last.what && now() - last.at < restMs) return
      last = { what, at: now() }
      await write(database, offers)
      await database.delete(serving).where(lt(serving.validUntil, new Date(now())))
    },
  }
}

async function write(database: NodePgDatabase, offers: readonly KnownOffer[]): Promise<void> {
  const rows = offers.map(({ offer, repo, task, url }) => ({
    ...{ provider: offer.provider, repo, task, url },
    ...{ offer: Offer.serialize(offer), validUntil: new Date(Number(offer.validUntil) * 1000) },
  }))
  const unique = [...new Map(rows.map((row) => [`${row.provider} ${row.repo}`, row])).values()]
  if (unique.length === 0) return
  const set = Object.fromEntries((['task', 'url', 'offer'] as const).map((name) => [name, sql.raw(`excluded.${name}`)]))
  await database
    .insert(serving)
    .values(unique)
    .onConflictDoUpdate({
      target: [serving.provider, serving.repo],
      set: { ...set, validUntil: sql`excluded.valid_until` },
    })
}
