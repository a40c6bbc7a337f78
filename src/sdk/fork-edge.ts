import { z } from 'zod'
import { type Manifest, NotFound, type RepoId } from '../core/index.ts'
import { apiPath, type Connection } from './Connection.ts'

type Edge = Manifest.Manifest['baseModels'][number]

const info = z.object({
  dehug: z.object({
    forkOf: z
      .object({
        repo: z.string(),
        root: z
          .string()
          .regex(/^0x[0-9a-f]{64}$/)
          .nullable(),
        visibility: z.string(),
      })
      .optional(),
  }),
})

/**
 * The edges of a manifest with the one to the repository this one was forked from. A private source is never named; what
 * does not exist yet is no fork.
 */
export async function withForkEdge(connection: Connection, repo: RepoId.RepoId, edges: Edge[]): Promise<Edge[]> {
  const answer = await connection.hub.json(`${apiPath(repo)}?expand=dehug`).catch((error: unknown) => {
    if (error instanceof NotFound) return undefined
    throw error
  })
  const found = info.safeParse(answer)
  const fork = found.data?.dehug.forkOf
  if (!fork || (fork.visibility !== 'public' && fork.root === null)) return edges
  const edge: Edge = { repo: fork.repo, relation: 'fork', ...(fork.root === null ? {} : { root: fork.root }) }
  return [edge, ...edges.filter((other) => other.relation !== 'fork' || other.repo !== edge.repo)].slice(0, 64)
}
