import type { Pool } from 'pg'
import { type Hex, Spread } from '../core/index.ts'

/** What one answer took, in unix ms. */
export type Timing = {
  startedAt: number
  /** When the first text of a stream came. */
  firstAt?: number
  /** How long the caller kept a stream waiting. */
  pausedMs: number
  endedAt?: number
}

/** How long a slow caller keeps a stream waiting is not the provider's time. */
export const pausing = (
  timing: Timing,
  now: () => number,
  waited: Promise<unknown> | undefined,
): Promise<unknown> | undefined => {
  const since = now()
  return waited?.finally(() => {
    timing.pausedMs += now() - since
  })
}

/**
 * How providers do: whether they are there when asked for their offers, whether they answer, and how fast. Counted in
 * memory and written down together, so that no request waits for it; a process that is killed loses a few seconds of it.
 */
export type Health = AsyncDisposable & {
  /** A provider was asked for its offers. */
  checked(provider: Hex, isThere: boolean): void
  /** It answered an order for the model (a repository's key), with so many units of output. */
  answered(provider: Hex, repo: string, timing: Timing | undefined, unitsOut: bigint): void
  /** It is its doing that an order for the model came to nothing. */
  failed(provider: Hex, repo: string): void
}

export type HealthOptions = { pool: Pool; now: () => number; flushMs: number; onError: (error: unknown) => void }

type Counts = {
  provider: Hex
  /** Empty for all of its models together. */
  repo: string
  checks: number
  checks_ok: number
  answers: number
  failures: number
  ttft: Spread.Spread
  latency: Spread.Spread
  speed: Spread.Spread
}

/** Providers and models of one interval; more are not counted. */
const mostCounted = 5_000
const pruneEveryMs = 3_600_000

/** Starts writing what was counted every `flushMs`. Disposing of it writes the rest. */
export function start({ pool, now, flushMs, onError }: HealthOptions): Health {
  let counted = new Map<string, Counts>()
  let prunedAt = Number.NEGATIVE_INFINITY
  const of = (provider: Hex, repo: string): Counts => {
    const key = `${provider} ${repo}`
    const known = counted.get(key) ?? fresh(provider, repo)
    if (counted.size < mostCounted) counted.set(key, known)
    return known
  }
  const both = (provider: Hex, repo: string) => [of(provider, ''), of(provider, repo)]
  const flush = async (): Promise<void> => {
    const taken = counted
    counted = new Map()
    try {
      if (taken.size > 0) await pool.query({ name: 'gateway-health', text: statement, values: rowsAt(taken, now()) })
    } catch (error) {
      // What was counted meanwhile goes on top.
      for (const later of counted.values()) merge(taken, later)
      counted = taken
      throw error
    }
    if (now() - prunedAt < pruneEveryMs) return
    prunedAt = now()
    await pool.query(pruning, [new Date(now())])
  }
  let running = Promise.resolve()
  const timer = setInterval(() => {
    running = running.then(flush).catch(onError)
  }, flushMs)
  timer.unref()
  return {
    checked: (provider, isThere) => {
      const counts = of(provider, '')
      counts.checks += 1
      if (isThere) counts.checks_ok += 1
    },
    answered: (provider, repo, timing, unitsOut) => {
      for (const counts of both(provider, repo)) countAnswer(counts, timing, unitsOut)
    },
    failed: (provider, repo) => {
      for (const counts of both(provider, repo)) counts.failures += 1
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer)
      await running.then(flush).catch(onError)
    },
  }
}

const fresh = (provider: Hex, repo: string): Counts => ({
  ...{ provider, repo, checks: 0, checks_ok: 0, answers: 0, failures: 0 },
  ...{ ttft: Spread.empty(), latency: Spread.empty(), speed: Spread.empty() },
})

function countAnswer(counts: Counts, timing: Timing | undefined, unitsOut: bigint): void {
  counts.answers += 1
  if (timing?.endedAt === undefined) return
  const { startedAt, firstAt, pausedMs, endedAt } = timing
  Spread.count(counts.latency, endedAt - startedAt - pausedMs)
  if (firstAt !== undefined) Spread.count(counts.ttft, firstAt - startedAt)
  // The first token of a stream is what the time to it tells.
  const units = Number(unitsOut) - (firstAt === undefined ? 0 : 1)
  const seconds = Math.max(1, endedAt - (firstAt ?? startedAt) - pausedMs) / 1000
  if (units > 0) Spread.count(counts.speed, (units / seconds) * 10)
}

function merge(into: Map<string, Counts>, later: Counts): void {
  const key = `${later.provider} ${later.repo}`
  const known = into.get(key)
  if (!known) {
    if (into.size < mostCounted) into.set(key, later)
    return
  }
  for (const name of ['checks', 'checks_ok', 'answers', 'failures'] as const) known[name] += later[name]
  for (const name of ['ttft', 'latency', 'speed'] as const) Spread.add(known[name], later[name])
}

const spans = { hour: 3_600_000, day: 86_400_000 } as const

/** Each count once for its hour and once for its day, so that nothing has to be rolled up later. */
const rowsAt = (counted: ReadonlyMap<string, Counts>, now: number): [string] => [
  JSON.stringify(
    Object.entries(spans).flatMap(([span, ms]) => {
      const at = new Date(now - (now % ms))
      return [...counted.values()].map((counts) => ({ ...counts, span, at }))
    }),
  ),
]

const sum = (column: string): string =>
  `${column} = (select array_agg(coalesce(a, 0) + coalesce(b, 0) order by i)
    from unnest(h.${column}, excluded.${column}) with ordinality as t(a, b, i))`

const statement = `insert into gateway.health as h
    (provider, repo, span, at, checks, checks_ok, answers, failures, ttft, latency, speed)
  select provider, repo, span, at, checks, checks_ok, answers, failures, ttft, latency, speed
  from json_to_recordset($1) as r(provider text, repo text, span text, at timestamptz, checks int, checks_ok int,
    answers int, failures int, ttft int[], latency int[], speed int[])
  order by provider, repo, span
  on conflict (provider, repo, span, at) do update set checks = h.checks + excluded.checks,
    checks_ok = h.checks_ok + excluded.checks_ok, answers = h.answers + excluded.answers,
    failures = h.failures + excluded.failures, ${['ttft', 'latency', 'speed'].map(sum).join(', ')}`

/** Hours for two days, days for a quarter of a year. */
const pruning = `delete from gateway.health
  where at < $1::timestamptz - case span when 'hour' then interval '2 days' else interval '92 days' end`
