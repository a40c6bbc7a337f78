import { setTimeout as delay } from 'node:timers/promises'
import * as SourcePool from './SourcePool.ts'

/** What an attempt is given: its source, its signal, and where it tells how many bytes came. */
export type Attempt<T> = (
  source: SourcePool.Source,
  signal: AbortSignal,
  onBytes: (count: number) => void,
) => Promise<T>

export type RaceOptions = {
  pool: SourcePool.SourcePool
  cid: string
  signal: AbortSignal
  /** A second source is asked when the first is silent or far slower than it could be for this long. */
  hedgeMs: number
}

const slowFactor = 0.25
const judgeSpeedAfterMs = 1000
const maxRunners = 3
const crawlingAfterMs = 30_000
const crawlingBytesPerSecond = 1024

type Runner = {
  source: SourcePool.Source
  controller: AbortController
  startedAt: number
  bytes: number
  bytesAtTick: number
}
type Outcome<T> = { runner: Runner; value: T } | { runner: Runner; error: unknown } | 'tick'

/** Runs an attempt at the best source, hedges it at others when it is slow, goes on to others when it fails; the first success wins. */
export async function race<T>(options: RaceOptions, attempt: Attempt<T>): Promise<T> {
  const { pool, signal, hedgeMs } = options
  const running = new Map<Runner, Promise<Outcome<T>>>()
  try {
    for (;;) {
      signal.throwIfAborted()
      if (
        running.size === 0 ||
        (running.size < maxRunners && [...running.keys()].every((runner) => isSlow(runner, pool)))
      ) {
        const source = SourcePool.pick(pool, new Set([...running.keys()].map((runner) => runner.source)))
        if (source) running.set(...start(source, pool, attempt))
        else if (running.size === 0) await waitForSource(options)
      }
      if (running.size === 0) continue
      for (const runner of running.keys()) runner.bytesAtTick = runner.bytes
      const outcome = await firstOf([...running.values()], hedgeMs, signal)
      if (outcome === 'tick') {
        for (const runner of running.keys())
          if (isCrawling(runner, pool)) runner.controller.abort(new Error('delivers almost nothing'))
        continue
      }
      running.delete(outcome.runner)
      const { source, bytes, startedAt } = outcome.runner
      if ('value' in outcome) {
        SourcePool.delivered(source, bytes, pool.now() - startedAt)
        return outcome.value
      }
      signal.throwIfAborted()
      SourcePool.failed(pool, source, outcome.error)
    }
  } finally {
    for (const runner of running.keys()) {
      SourcePool.delivered(runner.source, runner.bytes, pool.now() - runner.startedAt)
      runner.controller.abort(new Beaten())
    }
    await Promise.all(running.values())
  }
}

function start<T>(
  source: SourcePool.Source,
  pool: SourcePool.SourcePool,
  attempt: Attempt<T>,
): [Runner, Promise<Outcome<T>>] {
  const runner: Runner = { source, controller: new AbortController(), startedAt: pool.now(), bytes: 0, bytesAtTick: -1 }
  source.inFlight++
  source.stats.requests++
  const onBytes = (count: number) => {
    runner.bytes += count
  }
  const promise = attempt(source, runner.controller.signal, onBytes)
    .then(
      (value) => ({ runner, value }),
      (error: unknown) => ({
        runner,
        error: runner.controller.signal.aborted ? runner.controller.signal.reason : error,
      }),
    )
    .finally(() => {
      source.inFlight--
    })
  return [runner, promise]
}

async function firstOf<T>(outcomes: Promise<Outcome<T>>[], hedgeMs: number, signal: AbortSignal): Promise<Outcome<T>> {
  const timer = new AbortController()
  try {
    const tick = delay(hedgeMs, 'tick' as const, { signal: AbortSignal.any([timer.signal, signal]) })
    return await Promise.race([...outcomes, tick])
  } finally {
    timer.abort()
  }
}

async function waitForSource({ pool, cid, signal }: RaceOptions): Promise<void> {
  const ms = SourcePool.waitMs(pool)
  if (ms === undefined) throw SourcePool.exhausted(pool, cid)
  await delay(ms, undefined, { signal })
}

function isSlow(runner: Runner, pool: SourcePool.SourcePool): boolean {
  if (runner.bytesAtTick === -1) return false
  if (runner.bytes === runner.bytesAtTick) return true
  const ms = pool.now() - runner.startedAt
  if (ms < judgeSpeedAfterMs) return false
  const other = SourcePool.pick(pool, new Set([runner.source]))
  return other !== undefined && (runner.bytes / ms) * 1000 < other.stats.bytesPerSecond * slowFactor
}

function isCrawling(runner: Runner, pool: SourcePool.SourcePool): boolean {
  const ms = pool.now() - runner.startedAt
  return ms > crawlingAfterMs && (runner.bytes / ms) * 1000 < crawlingBytesPerSecond
}

class Beaten extends Error {
  constructor() {
    super('another source was faster')
  }
}
