import { setTimeout as delay } from 'node:timers/promises'
import PgBoss from 'pg-boss'
import { type Catalog, Webhook } from '../../catalog/index.ts'
import { type Resolve, resolveByDns } from './Address.ts'
import { sendWebhook } from './send-webhook.ts'

const queue = 'webhook-deliveries'
const maxAttempts = 8
const workers = 4
const pollMs = 500
const sweepMs = 60_000
/** After something happened its transaction still has to end; these are the moments to look. */
const looksMs = [50, 1_000, 10_000]
const sweepSize = 1_000

export type Options = {
  clock: () => Date
  /** Deliver to loopback and private addresses too. */
  allowPrivate?: boolean | undefined
  /** Seconds before the second attempt; each further one waits twice as long. */
  retrySeconds?: number | undefined
  resolve?: Resolve | undefined
}

/** Sends what webhooks wait for. Its jobs start when there is something to send, and run until `stop`. */
export class Deliveries {
  readonly #catalog: Catalog
  readonly #options: Required<{ [K in keyof Options]: NonNullable<Options[K]> }>
  readonly #timers = new Set<NodeJS.Timeout>()
  #boss: Promise<PgBoss> | undefined
  #workers: Promise<void>[] = []
  readonly #stop = new AbortController()

  constructor(catalog: Catalog, options: Options) {
    this.#catalog = catalog
    const { clock, allowPrivate = false, retrySeconds = 15, resolve = resolveByDns } = options
    this.#options = { clock, allowPrivate, retrySeconds, resolve }
  }

  /** Takes up what an earlier process left. */
  async resume(): Promise<void> {
    if (await Webhook.anyPending(this.#catalog.db)) await this.#sweep()
  }

  /** Something is to be sent once the transaction at hand has ended. */
  wake(): void {
    for (const ms of looksMs) this.#later(ms, () => this.#sweep())
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
    const boss = await this.#boss?.catch(() => undefined)
    await Promise.all(this.#workers)
    await boss?.stop({ graceful: false, close: false })
  }

  #later(ms: number, work: () => Promise<void>): void {
    if (this.#stop.signal.aborted) return
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      // The next look, or the next process, takes up what this one could not.
      work().catch(() => undefined)
    }, ms)
    timer.unref()
    this.#timers.add(timer)
  }

  /** Makes a job of every pending delivery; one that has a job already gets no second one, as both share their id. */
  async #sweep(): Promise<void> {
    if (this.#stop.signal.aborted) return
    const { db } = this.#catalog
    const ids = await Webhook.pending(db, sweepSize)
    if (ids.length === 0 || this.#stop.signal.aborted) return
    const boss = await this.#started()
    const retry = { retryLimit: maxAttempts, retryDelay: this.#options.retrySeconds, retryBackoff: true }
    await boss.insert(
      ids.map((id) => ({ id, name: queue, data: { id }, ...retry, expireInSeconds: 60 })) as PgBoss.JobInsert[],
    )
    await Webhook.prune(db, this.#options.clock())
    this.#later(sweepMs, () => this.#sweep())
  }

  /** The jobs, started once; a start that fails is tried again at the next look. */
  #started(): Promise<PgBoss> {
    this.#boss ??= this.#start().catch((error) => {
      this.#boss = undefined
      throw error
    })
    return this.#boss
  }

  async #start(): Promise<PgBoss> {
    const { pool } = this.#catalog
    const boss = new PgBoss({
      db: { executeSql: (text: string, values: unknown[]) => pool.query(text, values) },
      schema: 'webhook_jobs',
      schedule: false,
    })
    // What fails shows in the delivery itself; without a listener it would end the process.
    boss.on('error', () => undefined)
    await boss.start()
    await boss.createQueue(queue)
    this.#workers = Array.from({ length: workers }, () => this.#work(boss))
    return boss
  }

  /**
   * Takes one job after the other. The library's own workers let nobody wait while the end of a job is written down: a
   * database that is away just then would end the process.
   */
  async #work(boss: PgBoss): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const worked = await this.#takeOne(boss).catch(() => false)
      if (!worked) await delay(pollMs, undefined, { signal: this.#stop.signal, ref: false }).catch(() => undefined)
    }
  }

  /** False when there was none. */
  async #takeOne(boss: PgBoss): Promise<boolean> {
    const [job] = (await boss.fetch<{ id: string }>(queue)) ?? []
    if (!job) return false
    const problem = await this.#deliver(job.data.id).catch((error: Error) => error.message)
    if (problem === undefined) await boss.complete(queue, job.id)
    else await boss.fail(queue, job.id, { problem })
    return true
  }

  /** Sends what is due; says why it is to be tried again. */
  async #deliver(id: string): Promise<string | undefined> {
    const { db } = this.#catalog
    const due = await Webhook.due(db, id)
    if (!due) return undefined
    const { webhook, delivery } = due
    const at = this.#options.clock()
    const attempts = delivery.attempts + 1
    const outcome = await this.#attempt(webhook, delivery, at)
    const delivered = outcome.problem === null
    const status = delivered ? 'delivered' : attempts >= maxAttempts ? 'failed' : 'pending'
    await Webhook.conclude(db, id, { ...outcome, status, attempts, attemptedAt: at })
    return status === 'pending' ? (outcome.problem ?? 'not delivered') : undefined
  }

  async #attempt(
    { url, secret }: Webhook.Webhook,
    { id, payload }: Webhook.Delivery,
    at: Date,
  ): Promise<{ responseStatus: number | null; problem: string | null }> {
    try {
      const status = await sendWebhook({ id, url, secret, payload, at }, this.#options)
      const fine = status >= 200 && status < 300
      return { responseStatus: status, problem: fine ? null : `The answer was ${status}.` }
    } catch (error) {
      return {
        responseStatus: null,
        problem: String((error as Error).message)
          .replaceAll('\0', '')
          .slice(0, 500),
      }
    }
  }
}
