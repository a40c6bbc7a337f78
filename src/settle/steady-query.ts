import type { Pool, QueryConfig, QueryResult } from 'pg'
import { Unavailable } from '../core/index.ts'

const retryMs = [50, 200, 500, 1000, 2000]

/**
 * Runs a query that may be repeated, also over a lost connection. `repeated` says that it was: the first try may have
 * been carried out. Throws {@link LedgerUnavailable} when the database stays away, and what it says otherwise.
 */
export async function steadyQuery(
  pool: Pool,
  query: QueryConfig,
  attempt = 0,
): Promise<QueryResult & { repeated: boolean }> {
  try {
    return Object.assign(await pool.query(query), { repeated: attempt > 0 })
  } catch (cause) {
    if (!isPassing(cause)) throw cause
    const pauseMs = retryMs[attempt]
    if (pauseMs === undefined) throw new LedgerUnavailable(cause)
    await new Promise((resume) => setTimeout(resume, pauseMs))
    return steadyQuery(pool, query, attempt + 1)
  }
}

/** Connection lost (class 08), shutting down (57P), deadlock or serialization failure (40), and socket errors of Node. */
function isPassing(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string }
  if (code === undefined) return /terminated|closed|timeout/i.test(message ?? '')
  return /^(08|57P|40)|^E[A-Z]+$/.test(code)
}

/** The database of the book cannot be reached. */
export class LedgerUnavailable extends Unavailable {
  constructor(cause: unknown) {
    super("The database of the provider's book cannot be reached.", {
      code: 'ledger_unavailable',
      hint: 'Check DATABASE_URL and that Postgres runs; the same request may be sent again.',
      cause,
    })
  }
}
