import type { Pool } from 'pg'
import { Fault, Unavailable } from '../core/index.ts'

/** One operation of `ledger.apply` (migrations/0001_functions.sql). */
export type Operation = { do: 'reserve' | 'settle' | 'extend' | 'cancel'; channelId: string; [field: string]: unknown }
export type Outcome = { outcome: string; [field: string]: unknown }

export type LedgerQueue = { apply(operation: Operation): Promise<Outcome> }

type Waiting = { operation: Operation; done(outcome: Outcome): void; fail(error: unknown): void }

/**
 * Sends operations to the database in the order they come. While one flush is on its way the next gathers, so that many
 * jobs share one round trip and one fsync, and a lone job waits for nobody.
 */
export function start(pool: Pool): LedgerQueue {
  let waiting: Waiting[] = []
  let flushing = false

  const drain = async () => {
    flushing = true
    while (waiting.length > 0) {
      const flush = waiting.slice(0, maxFlush)
      waiting = waiting.slice(maxFlush)
      await settleAll(pool, flush)
    }
    flushing = false
  }

  return {
    apply: (operation) =>
      new Promise((done, fail) => {
        waiting.push({ operation, done, fail })
        if (!flushing) void drain()
      }),
  }
}

const maxFlush = 256

/** Never throws: every waiter hears of its own outcome. An operation that raises must not spoil its neighbours'. */
async function settleAll(pool: Pool, flush: Waiting[]): Promise<void> {
  try {
    const outcomes = await send(
      pool,
      flush.map(({ operation }) => operation),
    )
    flush.forEach(({ done }, i) => {
      done(outcomes[i] as Outcome)
    })
  } catch (error) {
    if (flush.length > 1 && error instanceof LedgerFault) {
      for (const one of flush) await settleAll(pool, [one])
      return
    }
    for (const { fail } of flush) fail(error)
  }
}

const retryMs = [50, 200, 500, 1000, 2000]

/** Every operation may be repeated, so a lost connection is no reason to lose a job. */
async function send(pool: Pool, operations: Operation[], attempt = 0): Promise<Outcome[]> {
  try {
    const { rows } = await pool.query({
      name: 'ledger_apply',
      text: 'select ledger.apply($1::jsonb) as outcomes',
      values: [JSON.stringify(operations)],
    })
    return rows[0].outcomes
  } catch (cause) {
    const pauseMs = retryMs[attempt]
    if (!isPassing(cause)) throw new LedgerFault(cause)
    if (pauseMs === undefined) throw new LedgerUnavailable(cause)
    await new Promise((resume) => setTimeout(resume, pauseMs))
    return send(pool, operations, attempt + 1)
  }
}

/** Connection lost (class 08), shutting down (57P), deadlock or serialization failure (40), and socket errors of Node. */
function isPassing(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string }
  return code === undefined ? /terminated|closed|timeout/i.test(message ?? '') : /^(08|57P|40)|^E[A-Z]+$/.test(code)
}

/** An operation broke an invariant of the book; nothing of it was kept. */
export class LedgerFault extends Fault {
  constructor(cause: unknown) {
    super(`The provider's book refused an operation: ${(cause as Error).message}.`, { code: 'ledger_fault', cause })
  }
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
