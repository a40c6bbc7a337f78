import { sql } from 'drizzle-orm'
import { type Hex, SeasonWinner } from '../core/index.ts'
import type { Db } from './database.ts'
import * as Leaderboard from './Leaderboard.ts'
import { rowsOrNone } from './Onchain.ts'

/** A place of a season as it stands, with what people call it. */
export type Standing = SeasonWinner.SeasonWinner & { name: string | null; repo: string | null }

const places = SeasonWinner.places

/** Who would win, or won, a season: by settled revenue, settled jobs, and points of models. */
export const standings = async (db: Db, season: number, now: Date): Promise<Standing[]> => {
  const from = season * SeasonWinner.seasonSeconds
  const span = { from, to: from + SeasonWinner.seasonSeconds, limit: places }
  const [creators, providers, models] = await Promise.all([
    Leaderboard.creators(db, span),
    Leaderboard.providers(db, span),
    Leaderboard.models(db, { ...span, to: span.to - 1 }, now),
  ])
  const owners = await ownersOf(
    db,
    models.map(({ modelId }) => modelId),
  )
  const base = { season: BigInt(season), subject: 0n, repo: null }
  return [
    ...creators.map(({ address, name, revenueMicroUsdc }, i) => ({
      ...{ ...base, kind: 4, rank: i + 1, account: address, score: BigInt(revenueMicroUsdc), name },
    })),
    ...providers.map(({ address, name, jobs }, i) => ({
      ...{ ...base, kind: 5, rank: i + 1, account: address, score: BigInt(jobs), name },
    })),
    ...models.flatMap(({ modelId, repo, score }, i) => {
      const owner = owners.get(modelId)
      if (!owner) return []
      const account = owner.address
      return [
        {
          ...base,
          kind: 6,
          rank: i + 1,
          account,
          subject: BigInt(modelId),
          score: BigInt(score),
          name: owner.name,
          repo,
        },
      ]
    }),
  ]
}

const ownersOf = async (db: Db, modelIds: string[]): Promise<Map<string, { address: Hex; name: string | null }>> => {
  const rows = await rowsOrNone<{ id: string; address: Hex; name: string | null }>(
    db,
    'onchain.model',
    sql`select m.id::text, m.owner as address, a.name from onchain.model m
      left join catalog.accounts a on a.address = m.owner where m.id = any(${sql.param(modelIds)}::numeric[])`,
  )
  return new Map(rows.map(({ id, ...owner }) => [id, owner]))
}

/** Winners that an issuer named. */
export type Published = { season: number; root: Hex; dataCid: Hex; struck: boolean; at: number }

export const published = (db: Db, issuer: Hex): Promise<Published[]> =>
  rowsOrNone<Published>(
    db,
    'onchain.season',
    sql`select season::int, root, data_cid as "dataCid", struck, at::int from onchain.season
      where issuer = ${issuer} order by season desc limit 200`,
  )
