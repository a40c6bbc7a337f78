import { setTimeout as delay } from 'node:timers/promises'
import { Delegation } from '../../catalog/index.ts'
import type { HubContext } from '../context.ts'
import { anchorCommit, type Tools } from './anchor-commit.ts'
import * as Delegate from './Delegate.ts'

export type Pace = Delegation.Pace & {
  /** How often new work is looked for. */
  pollMs: number
  /** Repositories that are anchored at the same time. */
  parallel: number
}

export const defaultPace: Pace = { quietMs: 2_000, leaseMs: 10 * 60_000, pollMs: 2_000, parallel: 4 }

/**
 * Anchors commits of owners who let the hub do so, in the background, until it is stopped. The work is in the database:
 * it survives restarts, and several hubs share it. Does nothing on a hub without chain or relayer.
 */
export const startAnchoring = (
  context: HubContext,
  onError: (error: unknown, repo?: string) => void,
  pace: Pace = defaultPace,
): (() => Promise<void>) => {
  const { chain, relayer } = context
  if (!chain || !relayer) return async () => undefined
  const stop = new AbortController()
  const work = async () => {
    const delegate = await Delegate.of(context)
    await everyPoll(pace, stop.signal, onError, () => oneRound({ context, chain, relayer, delegate }, pace, onError))
  }
  const running = work().catch(onError)
  return async () => {
    stop.abort()
    await running
  }
}

/** Goes on at once while there is work. */
const everyPoll = async (
  { pollMs }: Pace,
  signal: AbortSignal,
  onError: (error: unknown) => void,
  round: () => Promise<number>,
): Promise<void> => {
  while (!signal.aborted) {
    const anchored = await round().catch((error) => {
      onError(error)
      return 0
    })
    if (anchored === 0) await delay(pollMs, undefined, { signal }).catch(() => undefined)
  }
}

const oneRound = async (
  tools: Tools,
  pace: Pace,
  onError: (error: unknown, repo?: string) => void,
): Promise<number> => {
  const { context } = tools
  const done = await Promise.all(
    Array.from({ length: pace.parallel }, async () => {
      const repo = await Delegation.lease(context.catalog.db, pace, context.clock())
      if (!repo) return 0
      try {
        await anchorCommit(tools, repo)
      } catch (error) {
        onError(error, repo.key)
        await Delegation.failed(context.catalog.db, repo.id, (error as Error).message, context.clock())
      }
      return 1
    }),
  )
  return done.reduce<number>((sum, one) => sum + one, 0)
}
