import type { FastifyRequest } from 'fastify'
import { Evaluation, Leaderboard } from '../../../catalog/index.ts'
import { BadInput } from '../../../core/index.ts'
import type { HubContext } from '../../context.ts'
import { numberParam, type Route, textParam } from '../../request.ts'

const mostEntries = 200

/** Who and what is ahead: creators, providers and models by the chain, evaluations by cards and manifests. */
export const listLeaderboard: Route = (app, context) => {
  app.get('/api/dehug/leaderboards', async (request) => {
    const kind = chosen(request, 'kind', kinds, 'models')
    const period = chosen(request, 'period', Object.keys(Leaderboard.periods) as Leaderboard.Period[], '30d')
    const now = context.clock()
    const span = Leaderboard.spanOf(period, now, numberParam(request, 'limit', 50, mostEntries))
    const entries = await boards[kind](context, span, request)
    return {
      ...{ kind, period, source: kind === 'evals' ? 'statements' : 'chain', asOf: now.toISOString() },
      entries: entries.map((entry, i) => ({ rank: i + 1, ...entry })),
    }
  })
}

const sources: readonly Evaluation.Source[] = ['card', 'manifest']
const kinds = ['creators', 'providers', 'models', 'evals'] as const
type Kind = (typeof kinds)[number]
type Board = (context: HubContext, span: Leaderboard.Span, request: FastifyRequest) => Promise<object[]>

const providers: Board = async ({ catalog: { db } }, span) => {
  const [rows, serving] = await Promise.all([Leaderboard.providers(db, span), Leaderboard.serving(db)])
  return rows.map(({ lastClaimAt, firstDay, activeDays, ...row }) => {
    const days = Math.floor((span.to - 1) / 86_400) - firstDay + 1
    return {
      ...{ ...row, activeDays, servingNow: serving.has(row.address) },
      lastClaimAt: new Date(lastClaimAt * 1000).toISOString(),
      uptime: Math.min(1, activeDays / Math.max(1, days)),
    }
  })
}

const boards: Record<Kind, Board> = {
  creators: ({ catalog }, span) => Leaderboard.creators(catalog.db, span),
  providers,
  models: ({ catalog, clock }, span) => Leaderboard.models(catalog.db, span, clock()),
  evals: ({ catalog }, span, request) =>
    Evaluation.best(catalog.db, span, {
      task: wordParam(request, 'task'),
      dataset: wordParam(request, 'dataset'),
      metric: wordParam(request, 'metric'),
      source: textParam(request, 'source') === undefined ? undefined : chosen(request, 'source', sources, 'card'),
    }),
}

/** Postgres takes no NUL. */
const wordParam = (request: FastifyRequest, name: string): string | undefined =>
  textParam(request, name)?.replaceAll('\0', '').slice(0, 200) || undefined

const chosen = <T extends string>(request: FastifyRequest, name: string, known: readonly T[], fallback: T): T => {
  const text = textParam(request, name) ?? fallback
  const found = known.find((one) => one === text)
  if (found) return found
  throw new BadInput(`The query parameter ${name} is "${text.slice(0, 40)}"; expected ${known.join(', ')}.`, {
    code: 'bad_query',
  })
}
