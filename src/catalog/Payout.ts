import { eq, sql } from 'drizzle-orm'
import type { Db } from './database.ts'
import { rowsOrNone } from './Onchain.ts'
import { progress } from './tables/index.ts'

/** Money that an account took out: revenue of models, or what a provider earned. */
export type Payout = { userId: string; kind: 'revenue' | 'credit'; microUsdc: bigint; txHash: string; at: number }

const name = 'payouts'
const mostAtOnce = 500
/** A payout that is older when it is first seen is no news. */
const newsSeconds = 7 * 86_400

/**
 * Payouts since the last time, oldest first; each is handed out once, where the transaction that asks is kept. What is
 * of the very last second is left for the next time, because more of it may come.
 */
export const fresh = async (tx: Db, now: Date): Promise<Payout[]> => {
  const seconds = Math.floor(now.getTime() / 1000)
  const [row] = await tx.select().from(progress).where(eq(progress.name, name))
  const [lastAt = String(seconds - newsSeconds), lastId = ''] = row?.value.split(' ') ?? []
  const rows = await rowsOrNone<{
    id: string
    user_id: string | null
    kind: Payout['kind']
    amount: string
    tx_hash: string
    at: string
  }>(
    tx,
    'onchain.withdrawal',
    sql`select w.id, a.id as user_id, w.kind, w.amount::text, w.tx_hash, w.at::text
      from onchain.withdrawal w left join catalog.accounts a on a.address = w.account
      where w.kind in ('revenue', 'credit') and (w.at, w.id) > (${lastAt}::numeric, ${lastId}) and w.at < ${seconds}
      order by w.at, w.id limit ${mostAtOnce}`,
  )
  const last = rows.at(-1)
  if (last) {
    const value = `${last.at} ${last.id}`
    await tx.insert(progress).values({ name, value }).onConflictDoUpdate({ target: progress.name, set: { value } })
  }
  return rows.flatMap(({ user_id, kind, amount, tx_hash, at }) =>
    user_id === null ? [] : [{ userId: user_id, kind, microUsdc: BigInt(amount), txHash: tx_hash, at: Number(at) }],
  )
}
