import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { Unavailable } from '../core/index.ts'

/** First key of our advisory locks; the second is the instance number. */
const lockClass = 0x6465_6847
const maxInstances = 65_536
const retryMs = 250

/**
 * The number that keeps this process's channels apart from those of other gateways on the same database: the lowest free
 * one, held by a Postgres advisory lock on a connection of its own, so it is free again when the process dies.
 */
export type Lane = AsyncDisposable & {
  /** Throws `LaneLost` while the lock is not held. */
  instance(): number
  /** Runs `work` while holding the lock of another instance, or not at all when somebody lives there. */
  whileVacant<T>(instance: number, work: () => Promise<T>): Promise<T | undefined>
}

export type LaneOptions = {
  databaseUrl: string
  /** How long to wait for number 0, which a process killed a moment ago may still hold. */
  patienceMs: number
  /** Told when the lock was lost and another number was taken. */
  onMoved: () => void
  onError: (error: unknown) => void
}

type Held = { client: pg.Client; instance: number }

/** Takes the lowest free number. */
export async function take(options: LaneOptions): Promise<Lane> {
  let closed = false
  let held: Held | undefined = await acquire(options, options.patienceMs)
  const watch = (current: Held): void => {
    current.client.once('end', () => {
      held = undefined
      if (!closed) void retake(current.instance)
    })
  }
  const retake = async (before: number): Promise<void> => {
    while (!closed) {
      const next = await acquire(options, retryMs).catch(options.onError)
      if (next) {
        held = next
        watch(next)
        if (next.instance !== before) options.onMoved()
        return
      }
      await delay(retryMs)
    }
  }
  watch(held)
  return {
    instance: () => {
      if (!held) throw new LaneLost()
      return held.instance
    },
    whileVacant: (instance, work) => whileVacant(held?.client, instance, work),
    [Symbol.asyncDispose]: async () => {
      closed = true
      await held?.client.end()
    },
  }
}

async function acquire(options: LaneOptions, patienceMs: number): Promise<Held> {
  const client = new pg.Client({ connectionString: options.databaseUrl, application_name: 'dehug-gateway-lane' })
  client.on('error', options.onError)
  await client.connect()
  try {
    for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += retryMs) {
      if (await tryLock(client, 0)) return { client, instance: 0 }
      await delay(retryMs)
    }
    for (let instance = 0; instance < maxInstances; instance += 1) {
      if (await tryLock(client, instance)) return { client, instance }
    }
    throw new LaneLost()
  } catch (error) {
    await client.end()
    throw error
  }
}

async function tryLock(client: pg.Client, instance: number): Promise<boolean> {
  const { rows } = await client.query('select pg_try_advisory_lock($1, $2) as taken', [lockClass, instance])
  return rows[0].taken
}

async function whileVacant<T>(
  client: pg.Client | undefined,
  instance: number,
  work: () => Promise<T>,
): Promise<T | undefined> {
  if (!client || !(await tryLock(client, instance))) return undefined
  try {
    return await work()
  } finally {
    await client.query('select pg_advisory_unlock($1, $2)', [lockClass, instance])
  }
}

/** The channel number of a process: 16 bits of instance, 16 bits counting its closed predecessors. */
export const number = (instance: number, generation: number): number => ((instance << 16) | generation) >>> 0

export const instanceOf = (lane: number): number => lane >>> 16
export const generationOf = (lane: number): number => lane & 0xffff

/** The database is away, so another process may hold this one's channels; nothing is signed until it is back. */
export class LaneLost extends Unavailable {
  constructor() {
    super('The gateway lost its hold on its payment channels because the database does not answer.', {
      code: 'lane_lost',
      hint: 'Try again in a few seconds.',
    })
  }
}
