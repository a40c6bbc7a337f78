import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { DehugError } from '../core/index.ts'
import { bans } from './tables.ts'

/** Providers that signed a falsehood, and addresses where one was told, with the evidence; in memory and in Postgres. */
export type Bans = {
  has(subject: string): boolean
  /** `subject`: a provider's key, or the URL of somebody who answers in its name. */
  add(subject: string, error: DehugError): Promise<void>
}

/** Reads who is banned. A ban by another gateway process is seen at the next start, or when it happens here too. */
export async function load(database: NodePgDatabase): Promise<Bans> {
  const rows = await database.select({ provider: bans.provider }).from(bans)
  const banned = new Set(rows.map((row) => row.provider))
  return {
    has: (subject) => banned.has(subject),
    add: async (subject, error) => {
      banned.add(subject)
      const evidence = DehugError.toProblem(error)
      await database.insert(bans).values({ provider: subject, reason: error.message, evidence }).onConflictDoNothing()
    },
  }
}
