import { sql } from 'drizzle-orm'
import { type Hex, SeasonWinner } from '../core/index.ts'
import type { Db } from './database.ts'
import * as Leaderboard from './Leaderboard.ts'
import { rowsOrNone } from './Onchain.ts'
import * as Names from './search/Names.ts'

type Winner = SeasonWinner.SeasonWinner

/** A place of a season, with what people call it. */
export type Standing = Winner & { name: string | null; repo: string | null }

const places = SeasonWinner.places

/** Who would win, or won, a season: by settled revenue, settled jobs, and points of models. */
export const winners = async (db: Db, season: number, now: Date): Promise<Winner[]> => {
  const from = season * SeasonWinner.seasonSeconds
  const span = { from, to: from + SeasonWinner.seasonSeconds, limit: places }
  const [creators, providers, models] = await Promise.all([
    Leaderboard.creators(db, span),
    Leaderboard.providers(db, span),
    Leaderboard.models(db, { ...span, to: span.to - 1 }, now),
  ])
  const minted = await mintedOf(
    db,
    models.map(({ modelId }) => modelId),
  )
  const base = { season: BigInt(season), subject: 0n }
  return [
    ...creators.map(({ address: account, revenueMicroUsdc }, i) => ({
      ...{ ...base, kind: 4, rank: i + 1, account, score: BigInt(revenueMicroUsdc) },
    })),
    ...providers.map(({ address: account, jobs }, i) => ({
      ...{ ...base, kind: 5, rank: i + 1, account, score: BigInt(jobs) },
    })),
    ...models.flatMap(({ modelId, score }, i) => {
      const account = minted.get(modelId)?.owner
      if (!account) return []
      return [{ ...base, kind: 6, rank: i + 1, account, subject: BigInt(modelId), score: BigInt(score) }]
    }),
  ]
}

/** With the names of accounts, and of models that are public here. */
export const named = async (db: Db, places: readonly Winner[]): Promise<Standing[]> => {
  const ids = places.filter(({ subject }) => subject !== 0n).map(({ subject }) => subject.toString())
  const [names, minted] = await Promise.all([
    Names.ofAddresses(
      db,
      places.map(({ account }) => account),
    ),
    mintedOf(db, ids),
  ])
  const open = await Names.publicKeys(
    db,
    [...minted.values()].map(({ repo }) => repo),
  )
  return places.map((place) => {
    const repo = minted.get(place.subject.toString())?.repo
    return { ...place, name: names.get(place.account) ?? null, repo: repo && open.has(repo) ? repo : null }
  })
}

const mintedOf = async (db: Db, modelIds: string[]): Promise<Map<string, { owner: Hex; repo: string }>> => {
  const rows = await rowsOrNone<{ id: string; owner: Hex; repo: string }>(
    db,
    'onchain.model',
    sql`select id::text, owner, repo from onchain.model where id = any(${sql.param(modelIds)}::numeric[])`,
  )
  return new Map(rows.map(({ id, ...model }) => [id, model]))
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
