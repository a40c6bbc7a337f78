import type { Hex } from '../core/index.ts'
import type { Engine, EngineOptions } from '../engine/index.ts'

/** The model folder of a version, its files verified. Called before each load. */
export type Materialise = () => Promise<EngineOptions>

/** The engines of this worker, one a version, started when first needed and ended when idle or broken. */
export type Engines = AsyncDisposable & {
  /** The running engine of a version; starts it where needed, once for all who ask. Throws what the start throws. */
  get(versionRoot: Hex, materialise: Materialise): Promise<Engine>
  /** Engines that run. */
  readonly running: number
  /** Ends those that nobody has asked for `idleMs`. */
  unloadIdle(): Promise<void>
}

export type EnginesOptions = { start: (options: EngineOptions) => Promise<Engine>; idleMs: number; now: () => number }

export function open({ start, idleMs, now }: EnginesOptions): Engines {
  const engines = new Map<Hex, { starting: Promise<Engine>; engine: Engine | undefined; lastAskedAt: number }>()

  const launch = async (versionRoot: Hex, materialise: Materialise) => {
    const engine = await start(await materialise())
    // Whatever ends it, the next request starts it anew.
    void engine.exited.then(() => {
      if (engines.get(versionRoot)?.engine === engine) engines.delete(versionRoot)
    })
    return engine
  }

  return {
    get running() {
      return engines.size
    },
    get: (versionRoot, materialise) => {
      const known = engines.get(versionRoot)
      if (known) {
        known.lastAskedAt = now()
        return known.starting
      }
      const entry = {
        starting: launch(versionRoot, materialise),
        engine: undefined as Engine | undefined,
        lastAskedAt: now(),
      }
      engines.set(versionRoot, entry)
      entry.starting.then(
        (engine) => {
          entry.engine = engine
        },
        () => engines.delete(versionRoot),
      )
      return entry.starting
    },
    unloadIdle: async () => {
      for (const [versionRoot, { engine, lastAskedAt }] of engines) {
        if (!engine || engine.load.active + engine.load.queued > 0 || now() - lastAskedAt < idleMs) continue
        engines.delete(versionRoot)
        await engine.close()
      }
    },
    [Symbol.asyncDispose]: async () => {
      const all = [...engines.values()]
      engines.clear()
      await Promise.all(all.map(({ starting }) => starting.then((engine) => engine.close()).catch(() => undefined)))
    },
  }
}
