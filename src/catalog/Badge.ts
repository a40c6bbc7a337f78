import { sql } from 'drizzle-orm'
import type { Hex } from '../core/index.ts'
import type { Db } from './database.ts'
import { rowsOrNone } from './Onchain.ts'

/** What `Badges.Kind` says on chain, in its order, with the published rule of each. */
export const kinds = [
  {
    kind: 1,
    name: 'creator',
    title: 'Creator',
    rule: 'Has a share in the Creator ledger of a minted model.',
    proof: 'chain',
  },
  { kind: 2, name: 'patron', title: 'Patron', rule: 'Paid at least 1 USDC for settled work.', proof: 'chain' },
  { kind: 3, name: 'host', title: 'Host', rule: 'Was paid at least 1 USDC for settled work.', proof: 'chain' },
  {
    kind: 4,
    name: 'season-creator',
    title: 'Creator of the season',
    rule: 'One of the ten creators with the most settled revenue of a season of 28 days.',
    proof: 'season',
  },
  {
    kind: 5,
    name: 'season-provider',
    title: 'Provider of the season',
    rule: 'One of the ten providers with the most settled jobs of a season of 28 days.',
    proof: 'season',
  },
  {
    kind: 6,
    name: 'season-model',
    title: 'Model of the season',
    rule: 'Holds one of the ten models with the most points of a season of 28 days.',
    proof: 'season',
  },
] as const
export type Kind = (typeof kinds)[number]

export const kindOf = (kind: number): Kind | undefined => kinds[kind - 1]

/** µUSDC that `patron` and `host` take. */
const threshold = 1_000_000

export type Badge = {
  id: string
  kind: number
  issuer: Hex | null
  season: number
  rank: number
  evidence: string
  burned: boolean
  at: number
  txHash: Hex
}

/** The badges of a wallet, newest first. */
export const of = (db: Db, address: string): Promise<Badge[]> =>
  rowsOrNone<Badge>(
    db,
    'onchain.badge',
    sql`select id::text, kind, issuer, season::int, rank, evidence::text, burned, at::int, tx_hash as "txHash"
      from onchain.badge where account = ${address.toLowerCase()} order by at desc, id limit 500`,
  )

/** A badge that the chain already proves, with what `Badges` takes as its proof. */
export type Earned = { kind: 1; modelId: string } | { kind: 2 | 3; channelIds: Hex[] }

const mostChannels = 64

/** What a wallet has earned by the chain's own state, had already or not. */
export const earned = async (db: Db, address: string): Promise<Earned[]> => {
  const wallet = address.toLowerCase()
  const [shares, paid, served] = await Promise.all([
    rowsOrNone<{ id: string }>(
      db,
      'onchain.creator_share',
      sql`select model_id::text as id from onchain.creator_share where creator = ${wallet} and share_bps > 0 order by model_id limit 1`,
    ),
    channels(db, sql`payer = ${wallet}`),
    channels(db, sql`provider = ${wallet}`),
  ])
  return [
    ...shares.map(({ id }) => ({ kind: 1 as const, modelId: id })),
    ...(paid ? [{ kind: 2 as const, channelIds: paid }] : []),
    ...(served ? [{ kind: 3 as const, channelIds: served }] : []),
  ]
}

/** The largest channels of somebody, in rising order, where they come to the threshold. */
const channels = async (db: Db, whose: ReturnType<typeof sql>): Promise<Hex[] | undefined> => {
  const rows = await rowsOrNone<{ id: Hex; claimed: string }>(
    db,
    'onchain.channel',
    sql`select id, claimed::text from onchain.channel where ${whose} and claimed > 0 order by claimed desc limit ${mostChannels}`,
  )
  const sum = rows.reduce((all, { claimed }) => all + BigInt(claimed), 0n)
  return sum < threshold ? undefined : rows.map(({ id }) => id).sort()
}
