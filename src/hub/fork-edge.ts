import type { FastifyRequest } from 'fastify'
import { Fork, Repo } from '../catalog/index.ts'
import { RepoId } from '../core/index.ts'
import type { HubContext } from './context.ts'

/** Where a fork comes from, as its info shows it; `visibility` says whether the world may know. */
export type ForkEdge = { repo: string; commit: string; root: string | null; visibility: Repo.Visibility }

/** The edge to the source of a fork, if the caller may see that repository. */
export const forkEdge = async (
  { catalog: { db } }: HubContext,
  request: FastifyRequest,
  repo: Repo.Repo,
): Promise<{ forkOf?: ForkEdge }> => {
  const fork = await Fork.of(db, repo.id)
  if (!fork?.source || !(await Repo.mayRead(db, fork.source, request.holder))) return {}
  const { source, commit, root } = fork
  return { forkOf: { repo: RepoId.key(Repo.idOf(source)), commit, root, visibility: source.visibility } }
}
