import type { FastifyRequest } from 'fastify'
import type { Repo } from '../catalog/index.ts'
import { BadInput, RepoId } from '../core/index.ts'
import type { HubContext } from './context.ts'
import { findReadable } from './request.ts'

/** `{type}/{ns}/{name}` as the routes below `/api/dehug` have it. */
export const ownRepoPath = ':type/:ns/:name'

/** The repository that such a URL names, if this caller may know it. */
export const repoOfPath = (context: HubContext, request: FastifyRequest): Promise<Repo.Repo> => {
  const { type = '', ns, name } = request.params as Record<string, string>
  const kind = RepoId.types.find((candidate) => candidate === type.replace(/s$/, ''))
  if (!kind)
    throw new BadInput(`"${type.slice(0, 40)}" is no type of repository.`, {
      code: 'bad_repo_type',
      hint: 'Use model or dataset.',
    })
  return findReadable(context, request, kind, `${ns}/${name}`)
}
