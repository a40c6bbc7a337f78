import type { RepoType } from './types.ts'

/** The page of a repository. */
export const pagePath = (type: RepoType, id: string): string => (type === 'dataset' ? `/datasets/${id}` : `/${id}`)

/** The hub's description of a repository. */
export const apiPath = (type: RepoType, id: string): string => `/api/${type}s/${id}`

/** Where a file of a revision is read. */
export const resolvePath = (type: RepoType, id: string, revision: string, path: string): string =>
  `${pagePath(type, id)}/resolve/${encodeURIComponent(revision)}/${path.split('/').map(encodeURIComponent).join('/')}`

/** Page of a key such as `model:lab/x`; undefined for what has none. */
export const pageOfKey = (key: string): string | undefined => {
  const [type, id] = key.split(':')
  return (type === 'model' || type === 'dataset') && id ? pagePath(type, id) : undefined
}

/** The name in a key: `lab/x` of `model:lab/x`. */
export const idOfKey = (key: string): string => key.slice(key.indexOf(':') + 1)
