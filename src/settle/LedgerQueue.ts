import type { Pool } from 'pg'
import { Fault } from '../core/index.ts'
import { LedgerUnavailable, steadyQuery } from './steady-query.ts'

/** One operation of `ledger.apply` (migrations/0001_functions.sql). */
export type Operation = { do: 'reserve' | 'settle' | 'extend' | 'cancel'; channelId: string; [field: string]: unknown }
/** `repeated`: it was sent before, and the answer to that was lost with the connection. */
export type Outcome = { outcome: string; repeated?: boolean; [field: string]: unknown }

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
        if (flushing) return
        flushing = true
        // What else arrives in this turn of the event loop travels along.
        setImmediate(() => void drain())
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

/** Every operation may be repeated, so a lost connection is no reason to lose a job. */
async function send(pool: Pool, operations: Operation[]): Promise<Outcome[]> {
  try {
    const { rows, repeated } = await steadyQuery(pool, {
      name: 'ledger_apply',
      text: 'select ledger.apply($1::jsonb) as outcomes',
      values: [JSON.stringify(operations)],
    })
    const outcomes: Outcome[] = rows[0].outcomes
    return repeated ? outcomes.map((outcome) => ({ ...outcome, repeated })) : outcomes
  } catch (cause) {
    throw cause instanceof LedgerUnavailable ? cause : new LedgerFault(cause)
  }
}

/** An operation broke an invariant of the book; nothing of it was kept. */
export class LedgerFault extends Fault {
  constructor(cause: unknown) {
    super(`The provider's book refused an operation: ${(cause as Error).message}.`, { code: 'ledger_fault', cause })
  }
}
