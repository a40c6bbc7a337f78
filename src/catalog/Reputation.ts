import { sql } from 'drizzle-orm'
import type { Db } from './database.ts'
import { rowsOrNone } from './Onchain.ts'

/** The name of the formula; another one gets another name. */
export const formula = 'dehug.reputation.v1'

/** One reason for points: `points` are whole, from a count that `source` names. */
export type Part = { part: string; count: number; points: number; source: string }

type Facts = { models: number; versions: number; earned: number; paid: number; served: number; slashed: number }

/** Ten points for each doubling, so that the first of anything counts most. */
const doublings = (count: number): number => Math.floor(10 * Math.log2(1 + count))

/**
 * Reputation of a wallet, only from what the chain says; µUSDC count in cents. Being slashed takes away what its stake was
 * worth.
 */
export const of = async (db: Db, address: string): Promise<Part[]> => {
  const wallet = address.toLowerCase()
  const [facts] = await rowsOrNone<Facts>(
    db,
    'onchain.model',
    sql`select
      (select count(*)::int from onchain.model where owner = ${wallet}) as models,
      (select count(*)::int from onchain.version where publisher = ${wallet} and not deprecated) as versions,
      (select coalesce(floor(sum(c.creator_amount * s.share_bps / 10000) / 10000), 0)::float8 from onchain.credit c
        join onchain.creator_share s on s.model_id = c.model_id where s.creator = ${wallet}) as earned,
      (select coalesce(floor(spent / 10000), 0)::float8 from onchain.payer where address = ${wallet}) as paid,
      (select coalesce(jobs, 0)::float8 from onchain.provider where address = ${wallet}) as served,
      (select coalesce(floor(slashed / 10000), 0)::float8 from onchain.provider where address = ${wallet}) as slashed`,
  )
  if (!facts) return []
  const parts = [
    partOf('models', facts.models, 'ModelNFT: tokens held'),
    partOf('versions', facts.versions, 'ModelRegistry: versions published that are not deprecated'),
    partOf('earned', facts.earned, 'RevenueLedger: cents credited as a creator'),
    partOf('paid', facts.paid, 'UsageController: cents paid for settled work'),
    partOf('served', facts.served, 'UsageController: jobs settled as a provider'),
    partOf('slashed', facts.slashed, 'ProviderRegistry: cents of stake taken away', -3),
  ]
  return parts.filter(({ count }) => count > 0)
}

const partOf = (part: string, count: number | null, source: string, weight = 1): Part => ({
  ...{ part, count: count ?? 0, source },
  points: weight * doublings(count ?? 0),
})

/** Never below zero. */
export const scoreOf = (parts: readonly Part[]): number =>
  Math.max(
    0,
    parts.reduce((sum, { points }) => sum + points, 0),
  )
