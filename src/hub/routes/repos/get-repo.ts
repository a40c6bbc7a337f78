import type { FastifyRequest } from 'fastify'
import type { RepoId } from '../../../core/index.ts'
import type { HubContext } from '../../context.ts'
import { RepoNotFound } from '../../errors.ts'
import { expandOf, pick } from '../../expand.ts'
import { forkEdge } from '../../fork-edge.ts'
import * as RepoExtras from '../../RepoExtras.ts'
import * as RepoFacts from '../../RepoFacts.ts'
import * as RepoInfo from '../../RepoInfo.ts'
import { commitOf, flagParam, paramsOf, places, type Route, readableRepo } from '../../request.ts'

/** Facts and files of a repository, at its head or at a revision. */
export const getRepo: Route = (app, context) => {
  for (const { type, api } of places) {
    const handler = (request: FastifyRequest) => describe(context, request, type)
    app.get(`${api}/:ns/:name`, handler)
    app.get(`${api}/:ns/:name/revision/:rev`, handler)
    // Names without a namespace, such as `gpt2`, do not exist here; clients ask for them all the same.
    app.get(`${api}/:name`, async (request) => {
      throw new RepoNotFound(paramsOf(request).name ?? '')
    })
  }
}

const byDefault: Record<RepoId.RepoType, RepoExtras.Name[]> = {
  model: ['dehug', 'inference', 'spaces'],
  dataset: ['dehug'],
  space: ['dehug'],
}

const describe = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType) => {
  const { catalog, store, clock } = context
  const wanted = expandOf(request, type)
  const found = await readableRepo(context, request, type)
  const repo = await RepoFacts.refreshed(catalog.db, store, found)
  const commit = await commitOf(context, repo, paramsOf(request).rev)
  const withFiles = wanted?.has('siblings') ?? true
  const [extras, siblings] = await Promise.all([
    RepoExtras.load(context, [{ repo, commit: commit.oid }], extrasOf(request, type, wanted)),
    withFiles ? RepoInfo.siblings(catalog.db, repo, commit, flagParam(request, 'blobs')) : undefined,
  ])
  const info: RepoInfo.Json = {
    ...RepoInfo.describe(repo, commit, clock()),
    ...extras.get(repo.id),
    ...(siblings && { siblings }),
  }
  if (info.dehug) info.dehug = { ...(info.dehug as RepoInfo.Json), ...(await forkEdge(context, request, repo)) }
  return wanted ? pick(info, wanted) : info
}

/** The files are listed at the revision, by themselves. */
const extrasOf = (
  request: FastifyRequest,
  type: RepoId.RepoType,
  wanted: Set<string> | undefined,
): RepoExtras.Name[] => {
  const names = wanted ? RepoExtras.names.filter((name) => wanted.has(name)) : [...byDefault[type]]
  if (!wanted && flagParam(request, 'securityStatus')) names.push('securityRepoStatus')
  return names.filter((name) => name !== 'siblings')
}
