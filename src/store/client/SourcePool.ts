import { BadInput, DehugError } from '../../core/index.ts'

/** How one source did during a fetch. `bytes` were verified. */
export type SourceStats = {
  url: string
  bytes: number
  requests: number
  failures: number
  /** Set when the source sent bytes that do not hash to what was asked; it is never asked again. */
  banned: boolean
  lastFailure: string | undefined
  bytesPerSecond: number
}

export type Source = {
  url: string
  stats: SourceStats
  /** Set for sources that do not answer byte ranges; they are asked block by block. */
  blocksOnly: boolean
  inFlight: number
  /** Failures since the source last delivered something verified. */
  failuresInARow: number
  verifiedAtFailure: number
  waitUntil: number
}

export type SourcePool = { sources: Source[]; now: () => number }

const assumedBytesPerSecond = 50_000_000
const ewmaWeight = 0.3
const givenUpAfter = 5
const firstBackOffMs = 250
const longestBackOffMs = 10_000

/** Sources by URL (`http://host:port`, to which `/ipfs/{cid}` is added). Throws {@link InvalidSource}. */
export function from(urls: string[], now: () => number): SourcePool {
  if (urls.length === 0) throw new InvalidSource('No source is given.')
  return { now, sources: [...new Set(urls.map(normalize))].map(sourceOf) }
}

/** The best source that may be asked now, besides `except`. */
export function pick({ sources, now }: SourcePool, except: ReadonlySet<Source>): Source | undefined {
  const free = sources.filter((source) => isUsable(source) && !except.has(source) && source.waitUntil <= now())
  return free.reduce<Source | undefined>((a, b) => (a && score(a) >= score(b) ? a : b), undefined)
}

/** Milliseconds until one may be asked again; undefined when none ever will. */
export function waitMs({ sources, now }: SourcePool): number | undefined {
  const usable = sources.filter(isUsable)
  if (usable.length === 0) return undefined
  return Math.max(0, Math.min(...usable.map((source) => source.waitUntil)) - now())
}

/** The attempt delivered `bytes` in `ms`, or was cut short because another was faster. */
export function delivered(source: Source, bytes: number, ms: number): void {
  source.failuresInARow = 0
  const rate = (bytes / Math.max(1, ms)) * 1000
  source.stats.bytesPerSecond += (rate - source.stats.bytesPerSecond) * ewmaWeight
}

/** The attempt failed. A lie bans the source; anything else makes it wait, longer each time. */
export function failed({ now }: SourcePool, source: Source, error: unknown): void {
  source.stats.failures++
  source.stats.lastFailure = reasonOf(error)
  source.stats.bytesPerSecond *= 1 - ewmaWeight
  if (error instanceof SourceLied) {
    source.stats.banned = true
    return
  }
  if (source.stats.bytes > source.verifiedAtFailure) source.failuresInARow = 0
  source.verifiedAtFailure = source.stats.bytes
  source.failuresInARow += error instanceof SourceRefused && error.isFinal ? 3 : 1
  const backOffMs = Math.min(longestBackOffMs, firstBackOffMs * 2 ** (source.failuresInARow - 1))
  source.waitUntil = now() + ((error instanceof SourceRefused && error.retryAfterMs) || backOffMs)
}

/** The error for when no source is left. */
export function exhausted({ sources }: SourcePool, cid: string): SourcesExhausted {
  return new SourcesExhausted(
    cid,
    sources.map((source) => source.stats),
  )
}

function isUsable(source: Source): boolean {
  return !source.stats.banned && source.failuresInARow < givenUpAfter
}

function score(source: Source): number {
  return source.stats.bytesPerSecond / (1 + source.inFlight) / (1 + source.failuresInARow)
}

function sourceOf(url: string): Source {
  const stats = {
    url,
    bytes: 0,
    requests: 0,
    failures: 0,
    banned: false,
    lastFailure: undefined,
    bytesPerSecond: assumedBytesPerSecond,
  }
  return { url, stats, blocksOnly: false, inFlight: 0, failuresInARow: 0, verifiedAtFailure: 0, waitUntil: 0 }
}

function normalize(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.search || url.hash) {
    throw new InvalidSource(`${JSON.stringify(text)} is not the URL of a gateway.`)
  }
  return url.href.replace(/\/+$/, '')
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as NodeJS.ErrnoException
  const inner = error instanceof AggregateError ? error.errors.map(reasonOf).join(', ') : error.message
  return code && !inner.includes(code) && !(error instanceof DehugError) ? `${code} ${inner}`.trim() : inner
}

/** The list of sources is empty or names something that is not an HTTP gateway. */
export class InvalidSource extends BadInput {
  constructor(message: string) {
    super(message, { code: 'invalid_source', hint: 'Give gateways as http://host:port or https://host.' })
  }
}

/** A source answered with another status than the one hoped for. */
export class SourceRefused extends Error {
  readonly isFinal: boolean
  readonly retryAfterMs: number | undefined
  constructor(status: number, retryAfterMs: number | undefined) {
    super(`answered with status ${status}`)
    this.isFinal = status >= 400 && status < 500 && status !== 408 && status !== 425 && status !== 429
    this.retryAfterMs = retryAfterMs
  }
}

/** A source sent bytes that do not hash to what was asked. */
export class SourceLied extends Error {
  constructor(what: string) {
    super(`sent wrong bytes for ${what}`)
  }
}

/** No source could deliver; `details.sources` say why, one by one. What was verified so far is kept for the next try. */
export class SourcesExhausted extends DehugError {
  constructor(cid: string, sources: SourceStats[]) {
    const reasons = sources.map(({ url, lastFailure }) => `${url} ${lastFailure ?? 'was not reached'}`)
    super(`No source could deliver ${cid}: ${reasons.join('; ')}.`, {
      code: 'sources_exhausted',
      status: 502,
      hint: 'Add a source that has the content, or try again later; what is verified already is not fetched again.',
      retryable: !sources.every(({ banned }) => banned),
      exitCode: sources.some(({ banned }) => banned) ? 3 : 1,
      details: { cid, sources },
    })
  }
}
