import { type Db, Repo } from '../catalog/index.ts'

const flushMs = 1_000
/** Repositories counted between two flushes; those beyond are not counted. */
const mostRepos = 100_000

/**
 * Counts downloads in memory and adds them to the catalog once a second, one write for each repository whatever was
 * downloaded. A process that is killed loses a second of it.
 */
export class DownloadCounter implements AsyncDisposable {
  readonly #db: Db
  readonly #onError: (error: unknown) => void
  #counts = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<void> = Promise.resolve()

  constructor(db: Db, onError: (error: unknown) => void = () => undefined) {
    this.#db = db
    this.#onError = onError
  }

  count(repoId: string): void {
    const before = this.#counts.get(repoId)
    if (before === undefined && this.#counts.size >= mostRepos) return
    this.#counts.set(repoId, (before ?? 0) + 1)
    this.#plan()
  }

  #plan(): void {
    this.#timer ??= setTimeout(() => void this.flush().catch(this.#onError), flushMs).unref()
  }

  /** Writes down what was counted; what cannot be written now is tried again with the next. */
  flush(): Promise<void> {
    const turn = this.#flushing.then(() => this.#write())
    this.#flushing = turn.catch(() => undefined)
    return turn
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush().catch(this.#onError)
    clearTimeout(this.#timer)
  }

  async #write(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const counts = this.#counts
    if (counts.size === 0) return
    this.#counts = new Map()
    let left: ReadonlyMap<string, number> = counts
    try {
      left = await Repo.countDownloads(this.#db, counts)
    } finally {
      for (const [repoId, more] of left) this.#counts.set(repoId, (this.#counts.get(repoId) ?? 0) + more)
      if (left.size > 0) this.#plan()
    }
  }
}
