import { link, mkdir, readFile, rmdir, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Unavailable } from '../core/index.ts'
import { hasCode } from './Layout.ts'
import * as ProcessIdentity from './ProcessIdentity.ts'

const pollMs = 2
const suspectAfterMs = 50
const foreignStaleMs = 60_000
const giveUpMs = 30_000
const batchSize = 64

type Job = { run: () => Promise<void>; reject: (error: unknown) => void }

/**
 * One lock for all processes that use a store's folder. It is held only for a few file-system calls that must not
 * happen while garbage is deleted (renaming into place, pinning); reading never takes it. A holder that was killed is
 * noticed and replaced.
 */
export class StoreLock {
  readonly #dir: string
  readonly #identity = ProcessIdentity.serialize(ProcessIdentity.current())
  readonly #owner: string
  readonly #waiting: Job[] = []
  #draining = false

  private constructor(dir: string, token: string) {
    this.#dir = dir
    this.#owner = join(dir, `${this.#identity}-${token}.owner`)
  }

  static async open(dir: string, token: string): Promise<StoreLock> {
    const lock = new StoreLock(dir, token)
    await mkdir(dir, { recursive: true })
    await writeFile(lock.#owner, lock.#identity)
    return lock
  }

  async close(): Promise<void> {
    await unlink(this.#owner).catch(() => {})
  }

  /** Runs `action` while no other process and no other action of this one runs. Throws {@link StoreBusy}. */
  run<T>(action: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ run: () => action().then(resolve, reject), reject })
      if (!this.#draining) void this.#drain()
    })
  }

  async #drain(): Promise<void> {
    this.#draining = true
    try {
      while (this.#waiting.length > 0) {
        await this.#acquire()
        try {
          for (const job of this.#waiting.splice(0, batchSize)) await job.run()
        } finally {
          await unlink(this.#held)
        }
      }
    } catch (error) {
      for (const job of this.#waiting.splice(0)) job.reject(error)
    } finally {
      this.#draining = false
    }
  }

  get #held(): string {
    return join(this.#dir, 'held')
  }

  async #acquire(): Promise<void> {
    const since = performance.now()
    for (;;) {
      try {
        await link(this.#owner, this.#held)
        return
      } catch (error) {
        if (!hasCode(error, 'EEXIST')) throw error
      }
      const waitedMs = performance.now() - since
      if (waitedMs > giveUpMs) throw new StoreBusy(this.#dir)
      if (waitedMs > suspectAfterMs) await this.#breakIfStale()
      await delay(pollMs)
    }
  }

  /** Only the maker of the folder `breaking` may remove another's lock, so two can never remove two different ones. */
  async #breakIfStale(): Promise<void> {
    if (!(await this.#isStale())) return
    const breaking = join(this.#dir, 'breaking')
    try {
      await mkdir(breaking)
    } catch {
      const age = await stat(breaking).then(
        (facts) => Date.now() - facts.mtimeMs,
        () => 0,
      )
      if (age > 10_000) await rmdir(breaking).catch(() => {})
      return
    }
    try {
      if (await this.#isStale()) await unlink(this.#held)
    } finally {
      await rmdir(breaking)
    }
  }

  async #isStale(): Promise<boolean> {
    try {
      const identity = ProcessIdentity.parse(await readFile(this.#held, 'utf8'))
      const alive = identity && ProcessIdentity.isAlive(identity)
      if (alive !== undefined) return !alive
      return Date.now() - (await stat(this.#held)).ctimeMs > foreignStaleMs
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return false
      throw error
    }
  }
}

/** Another process holds the store's lock for too long. */
export class StoreBusy extends Unavailable {
  constructor(dir: string) {
    super(`The store's lock in ${dir} was not free within ${giveUpMs / 1000} seconds.`, {
      code: 'store_busy',
      hint: 'Look for a stopped process that uses this store, and continue or end it.',
    })
  }
}
