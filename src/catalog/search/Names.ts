import { and, eq, inArray } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { accounts, repos } from '../tables/index.ts'

/** The names of accounts by wallet address (lower-case); who is in no account has none. */
export const ofAddresses = async (db: Db, addresses: readonly (string | null)[]): Promise<Map<string, string>> => {
  const wanted = [...new Set(addresses.filter((address) => address !== null))]
  if (wanted.length === 0) return new Map()
  const rows = await db
    .select({ address: accounts.address, name: accounts.name })
    .from(accounts)
    .where(inArray(accounts.address, wanted))
  return new Map(rows.map(({ address, name }) => [address ?? '', name]))
}

/** Which of these keys are public repositories here; others are not named, whether they are hidden or do not exist. */
export const publicKeys = async (db: Db, keys: readonly (string | null)[]): Promise<Set<string>> => {
  const wanted = [...new Set(keys.filter((key) => key !== null))]
  if (wanted.length === 0) return new Set()
  const rows = await db
    .select({ key: repos.key })
    .from(repos)
    .where(and(eq(repos.visibility, 'public'), inArray(repos.key, wanted)))
  return new Set(rows.map(({ key }) => key))
}
