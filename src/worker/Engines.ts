import type { EngineRequest, Hex } from '../core/index.ts'
import { type Engine, type EngineOptions, EnginePool, type RunOptions, type RunResult } from '../engine/index.ts'
import type { Served } from './Served.ts'

type Request = EngineRequest.EngineRequest

/** The engine of one served version, started whenever it is needed. */
export type ServedEngine = {
  /** Units in of a request. */
  count(request: Request): Promise<number>
  /** Runs it; `engine` is the id that the receipt carries. */
  run(request: Request, options: RunOptions): Promise<RunResult & { engine: Hex }>
}

export type Engines = AsyncDisposable & {
  of(served: Served): ServedEngine
  /** Engines that run. */
  readonly running: number
}

export type EnginesOptions = {
  start: (options: EngineOptions) => Promise<Engine>
  /** Verified folder and options of a version; called before each start. */
  prepare: (served: Served) => Promise<EngineOptions>
  idleMs: number
  maxEngines: number
  /** Of one engine. */
  memoryBytes: number
  now: () => number
}

export function open({ start, prepare, idleMs, maxEngines, memoryBytes, now }: EnginesOptions): Engines {
  const versions = new Map<string, Served>()
  const pool = new EnginePool({
    start: async (root) => start(await prepare(versions.get(root) as Served)),
    memoryBytes: () => memoryBytes,
    maxEngines,
    maxMemoryBytes: maxEngines * memoryBytes,
    idleMs,
    now,
  })
  return {
    of: (served) => {
      const root = served.versionRoot
      versions.set(root, served)
      return {
        count: (request) => pool.count(root, request),
        run: (request, options) =>
          pool.use(root, async (engine) => ({ ...(await engine.run(request, options)), engine: engine.info.engine })),
      }
    },
    get running() {
      return pool.entries().filter(({ state }) => state === 'running').length
    },
    [Symbol.asyncDispose]: () => pool.close(),
  }
}
