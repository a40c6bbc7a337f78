import { and, eq, sql } from 'drizzle-orm'
import { RelayBudget } from '../chain/index.ts'
import type { Db } from './database.ts'
import { relaySpending } from './tables/index.ts'

const dayMs = 86_400_000
const everybody = '*'

/**
 * A relayer's budget that survives restarts and is shared by all processes on the database. Days are UTC. A
 * reservation counts in full until it is settled, also when its process dies.
 */
export function relayBudget(db: Db, options: RelayBudget.Limits & { now: () => number }): RelayBudget.RelayBudget {
  return {
    async reserve({ account, maxWei }) {
      const day = Math.floor(options.now() / dayMs)
      const retryAtMs = (day + 1) * dayMs
      await db.transaction(async (tx) => {
        const own = { transactions: options.transactionsPerAccount, wei: options.weiPerAccount }
        // The shared row comes last, so that it is locked as shortly as possible.
        if (!(await take(tx, day, account, maxWei, own))) throw new RelayBudget.QuotaExceeded(account, retryAtMs)
        const all = { transactions: 2 ** 31 - 1, wei: options.weiPerDay }
        if (!(await take(tx, day, everybody, maxWei, all))) throw new RelayBudget.RelayBudgetExhausted(retryAtMs)
      })
      return { settle: (weiSpent) => settle(db, day, account, weiSpent - maxWei, weiSpent === 0n) }
    },
  }
}

/** What a relayer pays in a day unless its operator says otherwise: enough for people, too little to be worth draining. */
export const publicRelayLimits: RelayBudget.Limits = {
  transactionsPerAccount: 200,
  weiPerAccount: 10n ** 16n,
  weiPerDay: 5n * 10n ** 17n,
}

type Allowance = { transactions: number; wei: bigint }

async function take(db: Db, day: number, account: string, wei: bigint, allowed: Allowance): Promise<boolean> {
  if (wei > allowed.wei || allowed.transactions === 0) return false
  const taken = await db
    .insert(relaySpending)
    .values({ day, account, transactions: 1, wei: wei.toString() })
    .onConflictDoUpdate({
      target: [relaySpending.day, relaySpending.account],
      set: {
        transactions: sql`${relaySpending.transactions} + 1`,
        wei: sql`${relaySpending.wei} + ${wei.toString()}::numeric`,
      },
      setWhere: sql`${relaySpending.wei} + ${wei.toString()}::numeric <= ${allowed.wei.toString()}::numeric
        and ${relaySpending.transactions} < ${allowed.transactions}`,
    })
    .returning({ day: relaySpending.day })
  return taken.length > 0
}

async function settle(db: Db, day: number, account: string, change: bigint, unsent: boolean): Promise<void> {
  for (const name of [account, everybody]) {
    await db
      .update(relaySpending)
      .set({
        wei: sql`${relaySpending.wei} + ${change.toString()}::numeric`,
        transactions: sql`${relaySpending.transactions} - ${unsent ? 1 : 0}`,
      })
      .where(and(eq(relaySpending.day, day), eq(relaySpending.account, name)))
  }
}
