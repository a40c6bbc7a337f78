import { sql } from 'drizzle-orm'
import { Engagement, Notification } from '../../catalog/index.ts'
import { PullReceipt } from '../../core/index.ts'
import type { HubContext } from '../context.ts'
import { notifyOfPayouts } from './notify-of-payouts.ts'
import { postDays } from './post-days.ts'
import { publishSeasons } from './publish-seasons.ts'

export type SignalsOptions = { everyMs?: number; onError: (error: unknown) => void }

const pruneEveryMs = 3_600_000
/** Advisory lock: one process at a time. */
const lockKey = 0x4465_4875_5369

/**
 * Keeps the points of today and yesterday, and with them the order of lists, up to date; posts days and seasons that are over;
 * tells people of payouts. The answer stops it.
 */
export const startSignals = (context: HubContext, options: SignalsOptions): (() => Promise<void>) => {
  let running: Promise<void> | undefined
  let prunedAt = Number.NEGATIVE_INFINITY
  const work = async () => {
    await signalsRound(context)
    const now = context.clock()
    if (now.getTime() - prunedAt < pruneEveryMs) return
    prunedAt = now.getTime()
    await Notification.prune(context.catalog.db, now)
  }
  const round = () => {
    running ??= work()
      .catch(options.onError)
      .finally(() => {
        running = undefined
      })
  }
  const timer = setInterval(round, options.everyMs ?? 15_000)
  timer.unref()
  return async () => {
    clearInterval(timer)
    await running
  }
}

/** One round; nothing where another process is at it. */
export const signalsRound = (context: HubContext): Promise<void> =>
  context.catalog.db.transaction(async (tx) => {
    const { rows } = await tx.execute<{ taken: boolean }>(sql`select pg_try_advisory_xact_lock(${lockKey}) as taken`)
    if (!rows[0]?.taken) return
    const { db } = context.catalog
    const today = PullReceipt.dayOf(context.clock().getTime())
    for (const day of [today - 1, today]) await Engagement.refresh(db, day)
    await notifyOfPayouts(context)
    const { chain, relayer } = context
    if (!chain || !relayer) return
    const tools = { context, chain, relayer }
    const done = await Promise.allSettled([postDays(tools), publishSeasons(tools)])
    for (const result of done) if (result.status === 'rejected') throw result.reason
  })
