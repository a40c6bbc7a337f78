import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { DehugError, type Hex } from '../core/index.ts'
import { bans } from './tables.ts'

/** Providers that gave a false receipt, with the evidence, in memory and in Postgres. */
export type Bans = {
  has(provider: Hex): boolean
  add(provider: Hex, error: DehugError): Promise<void>
}

/** Reads who is banned. A ban by another gateway process is seen at the next start, or when it happens here too. */
export async function load(database: NodePgDatabase): Promise<Bans> {
  const rows = await database.select({ provider: bans.provider }).from(bans)
  const banned = new Set(rows.map((row) => row.provider))
  return {
    has: (provider) => banned.has(provider),
    add: async (provider, error) => {
      banned.add(provider)
      const evidence = DehugError.toProblem(error)
      await database.insert(bans).values({ provider, reason: error.message, evidence }).onConflictDoNothing()
    },
  }
}
