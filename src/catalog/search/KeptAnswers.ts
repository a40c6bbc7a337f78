import { createHash } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { LRUCache } from 'lru-cache'
import type { Db } from '../database.ts'

/** What is not counted as a change (likes, downloads, prices, owners on the chain) may be so old. */
const keptMs = 1_000
const maxBytes = 32 * 2 ** 20
/** Questions that were asked lately: only what is asked again is worth keeping. */
const maxAsked = 10_000

type Answer = { at: number; change: string; text: Promise<string> }
type Kept = { answers: LRUCache<string, Answer>; asked: LRUCache<string, true> }
const kept = new WeakMap<object, Kept>()

/**
 * The answer that anybody gets to a question that is asked often: made anew unless it was made within a second and nothing
 * that is searched has changed since. Each change counts `catalog.search_changes` up in its transaction.
 */
export const of = async (db: Db, question: string, now: Date, make: () => Promise<string>): Promise<string> => {
  const { answers, asked } = keptOf(db)
  const key = createHash('sha256').update(question).digest('base64')
  const at = now.getTime()
  const known = answers.get(key)
  if (known && Math.abs(at - known.at) < keptMs) {
    const { rows } = await db.execute<{ change: string }>(
      sql`select last_value::text as change from catalog.search_changes`,
    )
    if (rows[0]?.change === known.change) return known.text
  }
  if (!asked.has(key)) {
    asked.set(key, true)
    return make()
  }
  const settled = await settledChange(db)
  if (settled === undefined) return make()
  const text = make()
  const answer = { at, change: settled, text }
  text.then(
    (made) => answers.set(key, answer, { size: 2 * made.length + 1 }),
    () => undefined,
  )
  return text
}

const keptOf = (db: Db): Kept => {
  const fresh = () => ({
    answers: new LRUCache<string, Answer>({ maxSize: maxBytes }),
    asked: new LRUCache<string, true>({ max: maxAsked }),
  })
  const known = kept.get(db) ?? fresh()
  kept.set(db, known)
  return known
}

/**
 * The number of the last change, where no transaction is under way that has changed something: whatever is asked from now
 * on sees all changes up to that number. Writers share this lock until they have committed; the readers' lasts for one
 * statement.
 */
const settledChange = async (db: Db): Promise<string | undefined> => {
  const { rows } = await db.execute<{ change: string; settled: boolean }>(sql`
    select last_value::text as change, pg_try_advisory_xact_lock(catalog.search_lock()) as settled
    from catalog.search_changes`)
  return rows[0]?.settled ? rows[0].change : undefined
}
