import { Season } from '../../../catalog/index.ts'
import { BadInput, SeasonWinner } from '../../../core/index.ts'
import type { HubContext } from '../../context.ts'
import type { Route } from '../../request.ts'
import * as SeasonPost from '../../signals/SeasonPost.ts'

const seasonsListed = 24

/** The seasons up to the present one, newest first, with what this network's poster published of them. */
export const listSeasons: Route = (app, context) => {
  app.get('/api/dehug/seasons', async () => {
    const published = await publishedBy(context)
    const current = currentSeason(context)
    const first = Math.max(0, current - seasonsListed + 1)
    return {
      seasons: Array.from({ length: current - first + 1 }, (_, i) => describe(context, current - i, published)),
    }
  })
}

/** Who leads a season, or won it; published winners with the proofs that `Badges` takes. */
export const getSeason: Route = (app, context) => {
  const { db } = context.catalog
  app.get('/api/dehug/seasons/:season', async (request) => {
    const { season: text } = request.params as { season: string }
    const season = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
    if (!(season <= currentSeason(context)))
      throw new BadInput('The address names no season up to now.', { code: 'bad_season' })
    const published = await publishedBy(context)
    const said = published.get(season)
    const winners = said && !said.struck ? await SeasonPost.winnersOf(context, said) : undefined
    const standings = await Season.named(db, winners ?? (await Season.winners(db, season, context.clock())))
    return {
      ...describe(context, season, published),
      standings: standings.map((standing) => ({
        ...{ ...standing, season, subject: undefined },
        ...{ modelId: standing.subject === 0n ? null : standing.subject.toString(), score: standing.score.toString() },
        ...(winners ? { proof: SeasonWinner.proof(winners, standing) } : {}),
      })),
    }
  })
}

const currentSeason = ({ clock }: HubContext): number => SeasonWinner.seasonOf(clock().getTime() / 1000)

const publishedBy = async (context: HubContext): Promise<Map<number, Season.Published>> =>
  new Map((await SeasonPost.all(context)).map((post) => [post.season, post]))

/** How long winners can be contested at most, in seconds; the contract of a network may say less. */
const windowSeconds = 86_400

const describe = (context: HubContext, season: number, published: Map<number, Season.Published>) => {
  const from = season * SeasonWinner.seasonSeconds
  const said = published.get(season)
  const seconds = context.clock().getTime() / 1000
  return {
    season,
    from: new Date(from * 1000).toISOString(),
    to: new Date((from + SeasonWinner.seasonSeconds) * 1000).toISOString(),
    state: stateOf(said, season === currentSeason(context), seconds),
    root: said?.root ?? null,
    dataCid: said ? SeasonPost.cidOf(said) : null,
  }
}

const stateOf = (said: Season.Published | undefined, isRunning: boolean, seconds: number): string => {
  if (isRunning) return 'running'
  if (!said) return 'over'
  if (said.struck) return 'struck'
  return seconds < said.at + windowSeconds ? 'posted' : 'final'
}
