import { Json, type SeasonWinner, Struct } from '../../core/index.ts'
import { SignalsWire } from '../../wire/index.ts'

/** The winners of a season as they are published, in canonical JSON (RFC 8785). */
export const serialize = (season: number, winners: readonly SeasonWinner.SeasonWinner[]): string =>
  Json.canonical({
    format: 'dehug.season.v1',
    season,
    winners: winners.map(({ kind, rank, account, subject, score }) => ({
      ...{ kind, rank, account, subject: subject.toString(), score: score.toString() },
    })),
  } satisfies SignalsWire.Season)

/** Throws `BadInput`. */
export const parse = (text: string): SeasonWinner.SeasonWinner[] => {
  const { season, winners } = Struct.parseWith(SignalsWire.Season, Json.parse(text), 'season')
  return winners.map(({ subject, score, ...place }) => ({
    ...{ season: BigInt(season), ...place, subject: BigInt(subject), score: BigInt(score) },
  }))
}
