import { type Hex, NotFound } from '../core/index.ts'
import type { ChannelTerms, LedgerContext } from './LedgerContext.ts'
import { bookFromRow, type ChannelBook, type ChannelFacts } from './LedgerJob.ts'
import { refusal } from './LedgerRefusal.ts'
import { steadyQuery } from './steady-query.ts'

export async function observe({ pool, provider }: LedgerContext, facts: ChannelFacts): Promise<void> {
  // The chain's totals win where this book is older than the chain, after a restored backup. Closed is final.
  const text = `insert into ledger.channels as c (channel_id, provider, session, payer, key, model_id, lane, state, close_at, locked,
       claimed, claimed_seq, spent, reserved, seq, ceiling)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $11, 0, $12, $11)
     on conflict (channel_id) do update set
       state = case when c.state = 'closed' or (c.state = 'closing' and excluded.state = 'open') then c.state else excluded.state end,
       close_at = coalesce(excluded.close_at, c.close_at),
       locked = greatest(c.locked, excluded.locked),
       claimed = greatest(c.claimed, excluded.claimed),
       claimed_seq = greatest(c.claimed_seq, excluded.claimed_seq),
       seq = greatest(c.seq, excluded.claimed_seq),
       spent = greatest(c.spent, excluded.claimed),
       ceiling = greatest(c.ceiling, greatest(c.spent, excluded.claimed) + c.reserved)`
  const values = [
    facts.channelId,
    provider,
    facts.session,
    facts.payer,
    facts.key,
    facts.modelId.toString(),
    facts.lane,
    facts.state,
    facts.closeAt?.toString() ?? null,
    facts.locked.toString(),
    facts.claimed.toString(),
    facts.seq.toString(),
  ]
  await steadyQuery(pool, { text, values })
}

export async function read({ pool, provider }: LedgerContext, channelId: Hex): Promise<ChannelBook | undefined> {
  const text = 'select ledger.channel_json(c) as row from ledger.channels c where channel_id = $2 and provider = $1'
  const { rows } = await steadyQuery(pool, { text, values: [provider, channelId] })
  return rows[0] && bookFromRow(rows[0].row)
}

export async function termsOf(
  { pool, provider, known }: LedgerContext,
  channelId: Hex,
): Promise<ChannelTerms | undefined> {
  const cached = known.get(channelId)
  if (cached) return cached
  const text = 'select key, payer, model_id from ledger.channels where channel_id = $2 and provider = $1'
  const { rows } = await steadyQuery(pool, { text, values: [provider, channelId] })
  if (!rows[0]) return undefined
  const terms = { key: rows[0].key, payer: rows[0].payer, modelId: BigInt(rows[0].model_id) }
  known.set(channelId, terms)
  return terms
}

export async function close(context: LedgerContext, channelId: Hex): Promise<ChannelBook> {
  const text = `update ledger.channels c set state = case when state = 'open' then 'closing' else state end
    where channel_id = $2 and provider = $1 and reserved = 0
      and not exists (select 1 from ledger.jobs j where j.channel_id = c.channel_id and j.state = 'reserved')
    returning ledger.channel_json(c) as row`
  const { rows } = await steadyQuery(context.pool, { text, values: [context.provider, channelId] })
  if (rows[0]) return bookFromRow(rows[0].row)
  const book = await read(context, channelId)
  if (!book) throw new UnknownChannel(channelId)
  throw refusal({ outcome: 'running' }, { channelId, maxFeeMicroUsdc: book.reserved, ceiling: book.ceiling })
}

export async function forgetClaim({ pool, provider }: LedgerContext, facts: ChannelFacts): Promise<void> {
  // Whoever had released the channel must ask again; until then it takes no jobs.
  const text = `update ledger.channels set claimed = $3, claimed_seq = $4,
      state = case when state = 'closed' and $5 <> 'closed' then 'closing' else state end
    where channel_id = $2 and provider = $1 and claimed > $3 and batch_id is null`
  await steadyQuery(pool, {
    text,
    values: [provider, facts.channelId, `${facts.claimed}`, `${facts.seq}`, facts.state],
  })
}

/** The book knows nothing of a channel. */
export class UnknownChannel extends NotFound {
  constructor(channelId: Hex) {
    super(`Channel ${channelId} is not known to this provider.`, {
      code: 'unknown_channel',
      hint: 'Lock money on it first, with this provider and one of its models.',
    })
  }
}
