import type { EngineRequest } from '../core/index.ts'
import type { Engine, RunOptions } from './Engine.ts'
import { EngineBusy, EngineClosed, ModelRefused } from './errors.ts'
import type { RunResult } from './Jobs.ts'

type Request = EngineRequest.EngineRequest

export type PoolOptions = {
  /** Starts the engine of a key, e.g. a version root. */
  start: (key: string) => Promise<Engine>
  /** What an engine may use, as its own limit says. */
  memoryBytes: (key: string) => number
  maxEngines: number
  maxMemoryBytes: number
  /** An engine nobody used for so long is unloaded. */
  idleMs: number
  /** Wait after a crash or a failed start; doubles each time, up to the last number. Default 500 ms to 60 s. */
  backoffMs?: { first: number; last: number }
  /** Milliseconds; `Date.now` by default. */
  now?: () => number
}

/** How one engine of the pool is doing. */
export type PoolEntry = {
  key: string
  state: 'starting' | 'running' | 'stopped'
  users: number
  memoryBytes: number
  /** Crashes and failed starts since it last answered. */
  failures: number
  lastError: Error | undefined
}

type Slot = {
  key: string
  memoryBytes: number
  users: number
  usedAt: number
  running: Promise<Engine> | undefined
  engine: Engine | undefined
  idleTimer: NodeJS.Timeout | undefined
  failures: number
  notBefore: number
  lastError: Error | undefined
}

/** Engines by key, started when first asked, unloaded when idle or when their place is needed, restarted after a crash. */
export class EnginePool implements AsyncDisposable {
  readonly #options: PoolOptions
  readonly #now: () => number
  readonly #slots = new Map<string, Slot>()
  #isClosed = false

  constructor(options: PoolOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
  }

  /** `engine.run` on the engine of a key; also throws what starting it throws, and `EngineBusy` during back-off. */
  run(key: string, request: Request, options?: RunOptions): Promise<RunResult> {
    return this.use(key, (engine) => engine.run(request, options))
  }

  /** `engine.count` on the engine of a key. */
  count(key: string, request: Request): Promise<number> {
    return this.use(key, (engine) => engine.count(request))
  }

  /** Does something with the engine of a key, which stays loaded meanwhile. */
  async use<T>(key: string, work: (engine: Engine) => Promise<T>): Promise<T> {
    const slot = this.#slot(key)
    slot.users += 1
    clearTimeout(slot.idleTimer)
    try {
      const engine = await this.#running(slot)
      const result = await work(engine)
      slot.failures = 0
      return result
    } finally {
      slot.users -= 1
      slot.usedAt = this.#now()
      if (slot.users === 0) this.#unloadLater(slot)
    }
  }

  /** Ends the engine of a key, e.g. because its version is no longer served. */
  async unload(key: string): Promise<void> {
    const slot = this.#slots.get(key)
    if (slot) await this.#stop(slot)
  }

  entries(): PoolEntry[] {
    return [...this.#slots.values()].map(({ key, users, memoryBytes, failures, lastError, running, engine }) => {
      const state = engine ? 'running' : running ? 'starting' : 'stopped'
      return { key, state, users, memoryBytes, failures, lastError }
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#slots.values()].map((slot) => this.#stop(slot)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #slot(key: string): Slot {
    const known = this.#slots.get(key)
    if (known) return known
    const slot: Slot = {
      ...{ key, memoryBytes: this.#options.memoryBytes(key), users: 0, usedAt: this.#now(), running: undefined },
      ...{ engine: undefined, idleTimer: undefined, failures: 0, notBefore: 0, lastError: undefined },
    }
    this.#slots.set(key, slot)
    return slot
  }

  #running(slot: Slot): Promise<Engine> {
    if (this.#isClosed) throw new EngineClosed()
    if (slot.running) return slot.running
    const waitMs = slot.notBefore - this.#now()
    if (waitMs > 0) {
      if (slot.lastError instanceof ModelRefused) throw slot.lastError
      throw new EngineBusy('The engine failed and is about to be started again.', waitMs)
    }
    const victims = this.#victimsFor(slot)
    const stopped = Promise.all(victims.map((victim) => this.#stop(victim)))
    const running = stopped.then(() => this.#options.start(slot.key))
    slot.running = running
    running.then(
      (engine) => this.#watch(slot, running, engine),
      (error) => this.#failed(slot, running, error),
    )
    return running
  }

  #watch(slot: Slot, running: Promise<Engine>, engine: Engine): void {
    if (slot.running !== running) return
    slot.engine = engine
    void engine.exited.then((error) => this.#failed(slot, running, error))
  }

  #failed(slot: Slot, running: Promise<Engine>, error: Error): void {
    if (slot.running !== running) return
    slot.running = undefined
    slot.engine = undefined
    if (error instanceof EngineClosed) return
    const { first, last } = this.#options.backoffMs ?? { first: 500, last: 60_000 }
    slot.notBefore = this.#now() + Math.min(last, first * 2 ** slot.failures)
    slot.failures += 1
    slot.lastError = error
  }

  /** The idle engines, longest unused first, that must go to make room. */
  #victimsFor(slot: Slot): Slot[] {
    const { maxEngines, maxMemoryBytes } = this.#options
    if (slot.memoryBytes > maxMemoryBytes) {
      throw new ModelRefused(`The model may use ${slot.memoryBytes} bytes, all engines together ${maxMemoryBytes}.`)
    }
    const loaded = [...this.#slots.values()].filter((other) => other.running)
    const idle = loaded.filter((other) => other.users === 0).sort((a, b) => a.usedAt - b.usedAt)
    let count = loaded.length
    let memoryBytes = loaded.reduce((sum, other) => sum + other.memoryBytes, 0)
    const victims: Slot[] = []
    while (count >= maxEngines || memoryBytes + slot.memoryBytes > maxMemoryBytes) {
      const victim = idle.shift()
      if (!victim) throw new EngineBusy(`All ${count} engines are in use.`, 1000)
      victims.push(victim)
      count -= 1
      memoryBytes -= victim.memoryBytes
    }
    return victims
  }

  #unloadLater(slot: Slot): void {
    clearTimeout(slot.idleTimer)
    if (!slot.running) return
    slot.idleTimer = setTimeout(() => void this.#stop(slot), this.#options.idleMs)
    slot.idleTimer.unref()
  }

  async #stop(slot: Slot): Promise<void> {
    clearTimeout(slot.idleTimer)
    const { running } = slot
    slot.running = undefined
    slot.engine = undefined
    const engine = await running?.catch(() => undefined)
    await engine?.close()
  }
}
