import { DehugError, Unavailable } from '../core/index.ts'

/** Decides how much gas the relayer pays for whom. */
export type RelayBudget = {
  /** Sets gas money aside before a transaction is sent. Throws `QuotaExceeded` or `RelayBudgetExhausted`. */
  reserve(request: { account: string; maxWei: bigint }): Promise<Reservation>
}

export type Reservation = {
  /** Books what the transaction really cost; 0 when it was never sent. */
  settle(weiSpent: bigint): Promise<void>
}

export type Limits = {
  /** Transactions of one account in a day. */
  transactionsPerAccount: number
  /** Gas money for one account in a day. */
  weiPerAccount: bigint
  /** Gas money for everybody in a day. */
  weiPerDay: bigint
}

const dayMs = 86_400_000
const unlimited: Limits = {
  transactionsPerAccount: Number.MAX_SAFE_INTEGER,
  weiPerAccount: 2n ** 128n,
  weiPerDay: 2n ** 128n,
}

type Day = { number: number; wei: bigint; accounts: Map<string, { transactions: number; wei: bigint }> }

/** A budget that lives in this process; days are UTC. A reservation counts in full until it is settled. */
export function inMemory(options: Partial<Limits> & { now: () => number }): RelayBudget {
  const limits: Limits = { ...unlimited, ...options }
  let day: Day = { number: -1, wei: 0n, accounts: new Map() }
  return {
    async reserve({ account, maxWei }) {
      const number = Math.floor(options.now() / dayMs)
      if (number !== day.number) day = { number, wei: 0n, accounts: new Map() }
      const today = day
      const used = today.accounts.get(account) ?? { transactions: 0, wei: 0n }
      const retryAtMs = (number + 1) * dayMs
      if (used.transactions >= limits.transactionsPerAccount) throw new QuotaExceeded(account, retryAtMs)
      if (used.wei + maxWei > limits.weiPerAccount) throw new QuotaExceeded(account, retryAtMs)
      if (today.wei + maxWei > limits.weiPerDay) throw new RelayBudgetExhausted(retryAtMs)
      today.accounts.set(account, used)
      used.transactions += 1
      used.wei += maxWei
      today.wei += maxWei
      return {
        async settle(weiSpent) {
          used.wei += weiSpent - maxWei
          today.wei += weiSpent - maxWei
          if (weiSpent === 0n) used.transactions -= 1
        },
      }
    },
  }
}

const sendYourself = 'Try again then, or send the transaction yourself: that always works.'

/** This account had its share of relayed transactions today. */
export class QuotaExceeded extends DehugError {
  constructor(account: string, retryAtMs: number) {
    super(
      `${account} used up today's relayed transactions; more are possible at ${new Date(retryAtMs).toISOString()}.`,
      {
        code: 'relay_quota_exceeded',
        status: 429,
        retryable: true,
        hint: sendYourself,
        details: { account, retryAtMs },
      },
    )
  }
}

/** The relayer spent what it may spend on gas today. */
export class RelayBudgetExhausted extends Unavailable {
  constructor(retryAtMs: number) {
    super(`The relayer spent its gas budget of today; more is there at ${new Date(retryAtMs).toISOString()}.`, {
      code: 'relay_budget_exhausted',
      hint: sendYourself,
      details: { retryAtMs },
    })
  }
}
