import { sql } from 'drizzle-orm'
import type { Db } from './database.ts'
import { rowsOrNone } from './Onchain.ts'

/** What the chain booked for a wallet as a creator and as a holder of models, in µUSDC as decimal text. */
export type Revenue = { creatorMicroUsdc: string; holderMicroUsdc: string; models: number }

/** Null for whom nothing was booked. Shares are those of now. */
export const of = async (db: Db, address: string): Promise<Revenue | null> => {
  const wallet = address.toLowerCase()
  const [row] = await rowsOrNone<Revenue>(
    db,
    'onchain.credit',
    sql`with parts as (
        select c.model_id, c.creator_amount * s.share_bps / 10000 as creator, 0 as holder
        from onchain.credit c join onchain.creator_share s on s.model_id = c.model_id where s.creator = ${wallet}
        union all select c.model_id, 0, c.holder_amount from onchain.credit c where c.holder = ${wallet})
      select floor(coalesce(sum(creator), 0))::text as "creatorMicroUsdc", coalesce(sum(holder), 0)::text as "holderMicroUsdc",
        count(distinct model_id)::int as models from parts`,
  )
  return row && row.models > 0 ? row : null
}
