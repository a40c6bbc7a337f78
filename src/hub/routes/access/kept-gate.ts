import type { FastifyRequest } from 'fastify'
import type { Repo, Token } from '../../../catalog/index.ts'
import type { RepoId } from '../../../core/index.ts'
import type { HubContext } from '../../context.ts'
import { NotGated } from '../../Gate.ts'
import { assertWritable, readableRepo } from '../../request.ts'

/** A gated repository whose gate the caller keeps. Throws `WriteRefused` and `NotGated`. */
export const keptGate = async (
  context: HubContext,
  request: FastifyRequest,
  type: RepoId.RepoType,
  permission: 'repo.write' | 'repo.access.read' = 'repo.write',
): Promise<{ repo: Repo.Repo; holder: Token.Holder }> => {
  const repo = await readableRepo(context, request, type)
  const holder = await assertWritable(context, request, repo, permission)
  if (repo.gated === null) throw new NotGated()
  return { repo, holder }
}
