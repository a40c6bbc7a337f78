import { notFound, redirect } from 'next/navigation'
import { cache } from 'react'
import { HubError } from './HubError.ts'
import { request } from './hub.ts'
import { apiPath, pagePath } from './repo-path.ts'
import type { RepoInfo, RepoType } from './types.ts'

export type RepoParams = Promise<{ namespace: string; name: string }>

/** A part of a route as its reader typed it; what is no text shows the page "not found". */
export const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    notFound()
  }
}

/** `ns/name` of a route, encoded for the path of a request. */
export const idOf = async (params: RepoParams): Promise<string> => {
  const { namespace, name } = await params
  return [namespace, name].map((part) => encodeURIComponent(decoded(part))).join('/')
}

/**
 * The repository as this visitor may see it, asked once per page. One that has another name now leads there; what does
 * not exist shows "not found".
 */
export const repoInfo = cache(async (type: RepoType, id: string): Promise<RepoInfo> => {
  const response = await request(apiPath(type, id), { as: 'visitor' })
  const moved = /\/api\/(?:models|datasets)\/([^/?]+\/[^/?]+)/.exec(response.headers.get('location') ?? '')?.[1]
  if (response.status >= 300 && response.status < 400 && moved) redirect(pagePath(type, moved))
  if ([401, 403, 404].includes(response.status)) notFound()
  if (!response.ok) throw await HubError.from(response)
  return (await response.json()) as RepoInfo
})
