import type { FastifyRequest } from 'fastify'
import { Onchain } from '../../../catalog/index.ts'
import type { RepoId } from '../../../core/index.ts'
import type { HubContext } from '../../context.ts'
import { RepoNotFound } from '../../errors.ts'
import * as RepoInfo from '../../RepoInfo.ts'
import { commitOf, flagParam, listParam, paramsOf, places, type Route, readableRepo } from '../../request.ts'

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

const describe = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType) => {
  const repo = await readableRepo(context, request, type)
  const commit = await commitOf(context, repo, paramsOf(request).rev)
  const wanted = listParam(request, 'expand').flatMap((item) => item.split(','))
  const info = RepoInfo.describe(repo, commit)
  if (wanted.length === 0 || wanted.includes('siblings')) {
    info.siblings = await RepoInfo.siblings(context.catalog.db, repo, commit, flagParam(request, 'blobs'))
  }
  if (wanted.length === 0 || wanted.includes('dehug')) {
    const { db } = context.catalog
    info.dehug = RepoInfo.onchain((await Onchain.models(db, [repo.key])).get(repo.key))
  }
  return wanted.length === 0 ? info : RepoInfo.expand(info, wanted)
}
