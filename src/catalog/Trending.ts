import { type SQL, sql } from 'drizzle-orm'
import { Signals } from '../core/index.ts'

/**
 * Points of days that fade: each counts half after {@link Signals.weights.halfLifeDays}. Instead of fading all numbers all
 * the time, newer days are added with more weight (forward decay: Cormode et al., ICDE 2009), so that an index on the
 * column is always in order. A double holds about twenty years of it.
 */
const halfLifeSeconds = Signals.weights.halfLifeDays * 86_400
const beginSeconds = Date.UTC(2026, 0, 1) / 1000

/** Being new counts a little, so that unused repositories stand newest first. */
const created = 0.001

/** What a new repository begins with. */
export const first = (now: Date): number => created * growth(now)

/** `repos.trending` by all days of a repository: points are thousandths, and a day fades from its first moment on. */
export const stored = (createdAt: SQL, points: SQL, day: SQL): SQL =>
  sql`${created} * ${grown(sql`extract(epoch from ${createdAt})::float8`)}
    + coalesce(sum(${points} / 1000 * ${grown(sql`${day}::float8 * 86400`)}), 0)`

const grown = (seconds: SQL): SQL => sql`power(2::float8, (${seconds} - ${beginSeconds}) / ${halfLifeSeconds})`

/** The score that people see, of a stored value at this time. */
export const score = (stored: number, now: Date): number => Math.round((stored / growth(now)) * 10) / 10

const growth = (now: Date): number => 2 ** ((now.getTime() / 1000 - beginSeconds) / halfLifeSeconds)
