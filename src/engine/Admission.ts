import { EngineBusy } from './errors.ts'

type Waiter = { admit: () => void; leave: () => void }

/** A bounded number of places and a bounded queue before them. */
export class Admission {
  readonly #maxActive: number
  readonly #maxQueue: number
  readonly #queue: Waiter[] = []
  #active = 0
  #averageMs = 100

  constructor(options: { maxActive: number; maxQueue: number }) {
    this.#maxActive = options.maxActive
    this.#maxQueue = options.maxQueue
  }

  get active(): number {
    return this.#active
  }

  get queued(): number {
    return this.#queue.length
  }

  /**
   * Waits for a place; false when the signal fired before there was one. Throws `EngineBusy` when the queue is full.
   * Each true must be followed by one `release`.
   */
  async enter(signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted) return false
    if (this.#active < this.#maxActive) {
      this.#active += 1
      return true
    }
    if (this.#queue.length >= this.#maxQueue) {
      const waiting = `${this.#active} requests are running and ${this.#queue.length} are waiting`
      throw new EngineBusy(`The engine is busy: ${waiting}.`, this.retryAfterMs())
    }
    return new Promise((resolve) => {
      const leave = () => {
        this.#queue.splice(this.#queue.indexOf(waiter), 1)
        resolve(false)
      }
      const admit = () => {
        signal?.removeEventListener('abort', leave)
        resolve(true)
      }
      const waiter = { admit, leave }
      signal?.addEventListener('abort', leave, { once: true })
      this.#queue.push(waiter)
    })
  }

  /** Gives a place back, to the next in the queue if there is one; `tookMs` feeds the estimate of waiting times. */
  release(tookMs: number): void {
    this.#averageMs += (tookMs - this.#averageMs) / 8
    const next = this.#queue.shift()
    if (next) next.admit()
    else this.#active -= 1
  }

  /** When a place should be free again, judged by how long requests took lately. */
  retryAfterMs(): number {
    const rounds = (this.#queue.length + 1) / this.#maxActive
    return Math.min(60_000, Math.max(100, Math.ceil(rounds * this.#averageMs)))
  }
}
