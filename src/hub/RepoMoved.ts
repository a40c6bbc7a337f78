import type { FastifyRequest } from 'fastify'
import type { Repo } from '../catalog/index.ts'
import { DehugError } from '../core/index.ts'

/** The repository has another name now; `location` is the URL of the request under that name. */
export class RepoMoved extends DehugError {
  readonly location: string
  constructor(location: string) {
    super(`The repository is at ${location}.`, { code: 'repo_moved', status: 307 })
    this.location = location
  }
}

/**
 * Where the request's path leads under the repository's present name: relative, because clients take metadata from
 * redirects to other places. Undefined where the path does not name the repository.
 */
export const locationOf = ({ url }: FastifyRequest, asked: string, repo: Repo.Repo): string | undefined => {
  const [path = '', ...query] = url.split('?')
  const [namespace = '', name = ''] = asked.split('/')
  const segments = path.split('/')
  const at = segments.findIndex(
    (segment, i) => decoded(segment) === namespace && withoutGit(decoded(segments[i + 1])) === name,
  )
  if (at < 0) return undefined
  const suffix = decoded(segments[at + 1]).endsWith('.git') ? '.git' : ''
  segments.splice(at, 2, repo.namespace, repo.name + suffix)
  return [segments.join('/'), ...query].join('?')
}

const withoutGit = (name: string): string => name.replace(/\.git$/, '')

const decoded = (segment = ''): string => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
