import type { FastifyReply, FastifyRequest } from 'fastify'
import { Onchain, Repo, Tree } from '../../../catalog/index.ts'
import { BadInput, type RepoId } from '../../../core/index.ts'
import type { HubContext } from '../../context.ts'
import * as RepoInfo from '../../RepoInfo.ts'
import { flagParam, linkNext, listParam, numberParam, places, type Route, textParam } from '../../request.ts'

const sorts: Record<string, Repo.Sort> = {
  downloads: 'downloads',
  likes: 'likes',
  lastModified: 'lastModified',
  last_modified: 'lastModified',
  createdAt: 'createdAt',
  created_at: 'createdAt',
  trendingScore: 'trendingScore',
  trending_score: 'trendingScore',
}
const maxPage = 1000

/** Search and listing, a page at a time. */
export const listRepos: Route = (app, context) => {
  for (const { type, api } of places) {
    app.get(api, (request, reply) => list(context, request, reply, type))
  }
}

const list = async (context: HubContext, request: FastifyRequest, reply: FastifyReply, type: RepoId.RepoType) => {
  const page = await Repo.list(context.catalog.db, queryOf(request, type), request.holder)
  if (page.next !== undefined) linkNext(context, request, reply, { cursor: page.next })
  const wanted = listParam(request, 'expand').flatMap((item) => item.split(','))
  const withFiles = flagParam(request, 'full') || wanted.includes('siblings')
  const withCard = flagParam(request, 'full') || flagParam(request, 'cardData') || wanted.includes('cardData')
  const minted = await Onchain.models(
    context.catalog.db,
    page.repos.map(({ key }) => key),
  )
  return Promise.all(
    page.repos.map(async (repo) => {
      const { cardData, ...info } = RepoInfo.describe(repo, undefined)
      const all = {
        ...info,
        dehug: RepoInfo.onchain(minted.get(repo.key)),
        ...(withCard ? { cardData } : {}),
        ...(withFiles ? { siblings: await filesOf(context, repo) } : {}),
      }
      return wanted.length === 0 ? all : RepoInfo.expand(all, wanted)
    }),
  )
}

const filesOf = async ({ catalog }: HubContext, repo: Repo.Repo) => {
  const commit = await Tree.commitAt(catalog.db, repo.id, repo.head)
  return commit ? RepoInfo.siblings(catalog.db, repo, commit, false) : []
}

const queryOf = (request: FastifyRequest, type: RepoId.RepoType): Repo.Query => {
  const given = textParam(request, 'sort')
  const sort = given === undefined ? undefined : sorts[given]
  if (given !== undefined && sort === undefined) {
    throw new BadInput(`Sorting by "${given.slice(0, 40)}" is not offered.`, {
      code: 'bad_query',
      hint: 'Sort by downloads, likes, lastModified, createdAt or trendingScore.',
    })
  }
  const tags = [
    ...listParam(request, 'filter').flatMap((item) => item.split(',')),
    ...listParam(request, 'pipeline_tag'),
  ]
  return {
    type,
    search: listParam(request, 'search').map(withoutNul),
    author: textParam(request, 'author') && withoutNul(textParam(request, 'author') as string),
    tags: tags.filter((tag) => tag !== '').map(withoutNul),
    sort,
    ascending: textParam(request, 'direction') === '1',
    limit: numberParam(request, 'limit', maxPage, maxPage),
    cursor: textParam(request, 'cursor'),
  }
}

/** Postgres has no NUL in text. */
const withoutNul = (text: string): string => text.replaceAll('\0', '')
