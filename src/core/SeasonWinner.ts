import type { Hex } from './Bytes.ts'
import * as Merkle from './Merkle.ts'

/** Places of a season that get a badge, for each kind. */
export const places = 10
/** Season n begins n times that after 1970-01-01. */
export const seasonSeconds = 28 * 86_400

/** One place of one season, as `Badges` takes it: kinds are 4 creators, 5 providers, 6 models; `subject` is the model of kind 6. */
export type SeasonWinner = {
  season: bigint
  kind: number
  rank: number
  account: Hex
  subject: bigint
  score: bigint
}

export const seasonOf = (unixSeconds: number): number => Math.floor(unixSeconds / seasonSeconds)

export const leaf = (of: SeasonWinner): Hex =>
  Merkle.leaf([
    { type: 'uint', value: of.season },
    { type: 'uint', value: of.kind },
    { type: 'uint', value: of.rank },
    { type: 'address', value: of.account },
    { type: 'uint', value: of.subject },
    { type: 'uint', value: of.score },
  ])

/** What `Badges` takes as the winners of a season. Throws where there are none. */
export const root = (winners: readonly SeasonWinner[]): Hex => Merkle.root(winners.map(leaf))

/** What `Badges` takes as the proof of one of these winners. */
export const proof = (winners: readonly SeasonWinner[], winner: SeasonWinner): Hex[] =>
  Merkle.proof(winners.map(leaf), leaf(winner))
