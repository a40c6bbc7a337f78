import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Repo, RepoList } from '../../../catalog/index.ts'
import type { RepoId } from '../../../core/index.ts'
import type { HubContext } from '../../context.ts'
import { expandOf, pick } from '../../expand.ts'
import { queryOf } from '../../list-query.ts'
import * as RepoExtras from '../../RepoExtras.ts'
import * as RepoInfo from '../../RepoInfo.ts'
import { flagParam, linkNext, numberParam, places, type Route } from '../../request.ts'

const maxPage = 1000
/** What takes work for each repository comes in smaller pages; clients follow the links. */
const maxHeavyPage = 100
/** Cards may be long. */
const maxWidePage = 250
const maxFiles = 20_000

/** Search and listing, a page at a time. */
export const listRepos: Route = (app, context) => {
  for (const { type, api } of places) {
    app.get(api, (request, reply) => list(context, request, reply, type))
  }
}

type Want = {
  /** Properties of the answer; undefined: all that come without `expand`. */
  expand: Set<string> | undefined
  extras: RepoExtras.Name[]
  /** Properties that would be there but were not asked for. */
  without: string[]
}

const list = async (context: HubContext, request: FastifyRequest, reply: FastifyReply, type: RepoId.RepoType) => {
  const want = wantOf(request, type)
  const page = await RepoList.list(context.catalog.db, await wholeQuery(context, request, type, want), request.holder)
  if (page.next !== undefined) linkNext(context, request, reply, { cursor: page.next })
  const extras = await RepoExtras.load(
    context,
    page.repos.map((repo) => ({ repo, commit: repo.head })),
    want.extras,
  )
  const now = context.clock()
  return page.repos.map((repo) => shown(repo, extras.get(repo.id) ?? {}, want, now))
}

const shown = (repo: Repo.Repo, extras: RepoInfo.Json, { expand, without }: Want, now: Date): RepoInfo.Json => {
  const info: RepoInfo.Json = { ...RepoInfo.describe(repo, undefined, now), ...extras }
  if (info.inferenceProviderMapping) info.inferenceProviderMapping = listed(info.inferenceProviderMapping as object)
  if (expand) return pick(info, expand)
  for (const name of without) delete info[name]
  return info
}

/** Lists show the providers in an array, with their names inside. */
const listed = (mapping: object): RepoInfo.Json[] =>
  Object.entries(mapping).map(([provider, facts]) => ({ provider, ...facts }))

const rarely = ['downloadsAllTime', 'usedStorage', 'model-index', 'widgetData', 'runtime', 'region', 'mask_token']

const wantOf = (request: FastifyRequest, type: RepoId.RepoType): Want => {
  const expand = expandOf(request, type)
  if (expand) return { expand, extras: RepoExtras.names.filter((name) => expand.has(name)), without: [] }
  const full = flagParam(request, 'full')
  const withCard = full || flagParam(request, 'cardData')
  const withConfig = full || flagParam(request, 'config')
  return {
    expand,
    extras: full ? ['dehug', 'siblings'] : ['dehug'],
    without: [...rarely, ...(withCard ? [] : ['cardData', 'models', 'datasets']), ...(withConfig ? [] : ['config'])],
  }
}

const wholeQuery = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType, want: Want) => {
  const { expand, extras, without } = want
  const heavy = extras.some((name) => ['siblings', 'spaces', 'childrenModelCount', 'baseModels'].includes(name))
  const has = (...names: string[]) => names.some((name) => (expand ? expand.has(name) : !without.includes(name)))
  const wants = {
    card: has('cardData', 'models') || (expand !== undefined && has(...ofCard)),
    config: has('config') || (expand !== undefined && has('mask_token', 'transformersInfo', 'baseModels')),
    facts: expand !== undefined && has(...ofFacts),
  }
  const most = heavy ? maxHeavyPage : Object.values(wants).some((wanted) => wanted) ? maxWidePage : maxPage
  return {
    ...(await queryOf(context, request, type)),
    limit: numberParam(request, 'limit', maxPage, most),
    maxFiles: extras.includes('siblings') ? maxFiles : undefined,
    wants,
  }
}

const ofCard = ['model-index', 'widgetData', 'baseModels', 'datasets', 'paperswithcode_id', 'sdk']
const ofFacts = ['safetensors', 'gguf', 'evalResults', 'description', 'citation', 'mainSize', 'baseModels']
