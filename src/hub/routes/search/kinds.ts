import type { FastifyRequest } from 'fastify'
import { Onchain, type Repo } from '../../../catalog/index.ts'
import type { HubContext } from '../../context.ts'
import { readableRepo } from '../../request.ts'

/** The kinds of repository that pages of the catalog are about, and where their routes are. */
export const kinds = [
  { type: 'model', at: '/api/dehug/models/:ns/:name' },
  { type: 'dataset', at: '/api/dehug/datasets/:ns/:name' },
] as const

/** The repository of the URL with its token id, if the caller may know it. Throws `RepoNotFound` and `RepoMoved`. */
export const repoWithToken = async (
  context: HubContext,
  request: FastifyRequest,
  type: (typeof kinds)[number]['type'],
): Promise<{ repo: Repo.Repo; onchain: Onchain.Model | undefined }> => {
  const repo = await readableRepo(context, request, type)
  const onchain = (await Onchain.models(context.catalog.db, [repo.key])).get(repo.key)
  return { repo, onchain }
}
