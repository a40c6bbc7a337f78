import { cache } from 'react'
import { need } from './hub.ts'
import { apiPath } from './repo-path.ts'
import type { RepoInfo, RepoType } from './types.ts'

export type RepoParams = Promise<{ namespace: string; name: string }>

/** `ns/name` of a route; decoded by Next already, so it is encoded again for the path of a request. */
export const idOf = async (params: RepoParams): Promise<string> => {
  const { namespace, name } = await params
  return [namespace, name].map((part) => encodeURIComponent(decodeURIComponent(part))).join('/')
}

/** The repository as this visitor may see it, asked once per page. Shows "not found" otherwise. */
export const repoInfo = cache(
  (type: RepoType, id: string): Promise<RepoInfo> => need(apiPath(type, id), { as: 'visitor' }),
)
