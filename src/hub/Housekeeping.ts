import { sql } from 'drizzle-orm'
import { Blob, LostTip, Xet } from '../catalog/index.ts'
import type { HubContext } from './context.ts'

export type HousekeepingOptions = {
  everyMs?: number
  /** How long bytes that were sent and never committed are kept. */
  keepUploadsMs?: number
  onError: (error: unknown) => void
}

const hourMs = 3_600_000
/** Advisory lock: one process at a time. */
const lockKey = 0x4465_4875_6768

/** Takes garbage away from time to time: commits that nothing leads to, and bytes that no repository, upload or version refers to. */
export const startHousekeeping = (context: HubContext, options: HousekeepingOptions): AsyncDisposable => {
  let sweeping = Promise.resolve()
  const sweep = () => {
    sweeping = sweepOnce(context, options.keepUploadsMs ?? 7 * 24 * hourMs).catch(options.onError)
  }
  const timer = setInterval(sweep, options.everyMs ?? 6 * hourMs)
  timer.unref()
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer)
      await sweeping
    },
  }
}

/** One round; nothing where another process is at it. */
export const sweepOnce = ({ catalog, store, clock }: HubContext, keepUploadsMs: number): Promise<void> =>
  catalog.db.transaction(async (tx) => {
    const { rows } = await tx.execute<{ taken: boolean }>(sql`select pg_try_advisory_xact_lock(${lockKey}) as taken`)
    if (!rows[0]?.taken) return
    const now = clock()
    await Blob.dropUploads(catalog.db, new Date(now.getTime() - keepUploadsMs))
    for (const repoId of await LostTip.due(catalog.db, now)) {
      // A pin only bridges the time until a row names the bytes; who pins now makes them fresh for the collection.
      await store.unpin(`repo:${repoId}`)
      await LostTip.sweep(catalog.db, repoId, now)
    }
    await store.collectGarbage({ keep: Blob.kept(catalog.db) })
    await Xet.forgetGone(catalog.db, {
      hasFile: async (cid) => (await store.xorbs.recipe(cid)) !== undefined,
      hasXorb: (xorb) => store.xorbs.has(xorb),
    })
  })
