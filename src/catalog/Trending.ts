import { type SQL, sql } from 'drizzle-orm'
import { repos } from './tables/index.ts'

/**
 * Activity that fades: an event counts half after each {@link halfLifeSeconds}. Instead of fading all numbers all the
 * time, newer events are added with more weight (forward decay: Cormode et al., ICDE 2009), so that an index on the
 * column is always in order. A double holds about twenty years of it.
 */
const halfLifeSeconds = 7 * 86_400
const beginSeconds = Date.UTC(2026, 0, 1) / 1000

/** How much events count; being new counts a little, so that unused repositories stand newest first. */
export const weights = { created: 0.001, download: 0.1, like: 1 } as const

/** The new value of `repos.trending` after an event now. */
export const add = (weight: number): SQL =>
  sql`${repos.trending} + ${weight}::float8 * power(2::float8, (extract(epoch from now())::float8 - ${beginSeconds}) / ${halfLifeSeconds})`

/** What a new repository begins with. */
export const first = (now: Date): number => weights.created * growth(now)

/** The score that people see, of a stored value at this time. */
export const score = (stored: number, now: Date): number => Math.round((stored / growth(now)) * 10) / 10

const growth = (now: Date): number => 2 ** ((now.getTime() / 1000 - beginSeconds) / halfLifeSeconds)
