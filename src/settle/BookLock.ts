import type { Pool, PoolClient } from 'pg'
import { Conflict, type Hex, Unavailable } from '../core/index.ts'

export type BookLock = { assertHeld(): void; release(): Promise<void> }

/**
 * Keeps one provider's book open in one process, by a Postgres advisory lock on a connection of its own, so that a
 * second process with the same key cannot end the first one's jobs. Throws {@link BookInUse}.
 */
export async function holdBook(pool: Pool, provider: Hex): Promise<BookLock> {
  let ended = false
  let client: PoolClient | undefined = await take(pool, provider)

  const watch = (held: PoolClient) => {
    // A connection may report its end several times, also after it was given up.
    held.on('error', (error) => {
      if (client !== held) return
      client = undefined
      held.release(error)
      void regain()
    })
  }
  const regain = async (): Promise<void> => {
    while (!ended && !client) {
      const taken = await take(pool, provider).catch(() => undefined)
      // Given up meanwhile: kept, this connection would hold the lock and its pool open for ever.
      if (taken && ended) taken.release(true)
      else if (taken) {
        client = taken
        watch(taken)
      } else await new Promise((resume) => setTimeout(resume, 500).unref())
    }
  }
  watch(client)

  return {
    assertHeld: () => {
      if (!client) throw new BookLost(provider)
    },
    release: async () => {
      ended = true
      // Ending the connection ends the lock; a connection given back to the pool would keep it.
      const held = client
      client = undefined
      held?.release(true)
    },
  }
}

// A killed process's connection can outlive it by a moment.
const patienceMs = [0, 100, 300, 1000, 2000]

async function take(pool: Pool, provider: Hex): Promise<PoolClient> {
  const client = await pool.connect()
  // It may break while it waits here; the next query tells.
  client.on('error', () => undefined)
  try {
    for (const pauseMs of patienceMs) {
      await new Promise((resume) => setTimeout(resume, pauseMs))
      const text = `select pg_try_advisory_lock(hashtextextended('dehug book ' || $1, 0)) as held`
      const { rows } = await client.query(text, [provider])
      if (rows[0].held) return client
    }
    throw new BookInUse(provider)
  } catch (error) {
    client.release(true)
    throw error
  }
}

/** Another process has this provider's book open. */
export class BookInUse extends Conflict {
  constructor(provider: Hex) {
    super(`Another process already works with the book of provider ${provider} in this database.`, {
      code: 'book_in_use',
      hint: 'Stop the other worker, or give this one a provider key of its own.',
    })
  }
}

/** The database connection that guards the book broke and is being made again. */
export class BookLost extends Unavailable {
  constructor(provider: Hex) {
    super(`The book of provider ${provider} is not open right now.`, {
      code: 'book_lost',
      hint: 'Postgres went away for a moment; send the request again.',
    })
  }
}
