import { notFound } from 'next/navigation'
import { HubError } from '@/lib/HubError.ts'
import { find, request } from '@/lib/hub.ts'
import { decoded, idOf, repoInfo } from '@/lib/repo.ts'
import { apiPath, resolvePath } from '@/lib/repo-path.ts'
import { one, type SearchParams } from '@/lib/search-params.ts'
import type { RepoType, TreeEntry } from '@/lib/types.ts'
import { Crumbs, type Place, RevisionForm } from './FilesBar.tsx'
import { FileTree } from './FileTree.tsx'
import { FileView } from './FileView.tsx'

type Props = {
  type: RepoType
  params: Promise<{ namespace: string; name: string; path?: string[] }>
  searchParams: SearchParams
}

/** SHA-256 and CID of files by path. */
export type Digests = Map<string, { sha256: string; cid: string }>

/** Repositories with more files show digests on the page of each file only. */
const maxDigests = 2000

/** A folder of a repository at a revision, or a file of it. */
export const FilesPage = async ({ type, params, searchParams }: Props) => {
  const info = await repoInfo(type, await idOf(params))
  const query = await searchParams
  const place: Place = {
    ...{ type, id: info.id, info, cursor: one(query, 'cursor') },
    revision: one(query, 'revision') ?? 'main',
    path: ((await params).path ?? []).map(decoded).join('/'),
  }
  const folder = await folderOf(place)
  const file = folder ? undefined : await sizeOf(place)
  if (!folder && file === undefined) notFound()
  const few = (info.siblings?.length ?? Number.POSITIVE_INFINITY) <= maxDigests
  const digests = few || !folder ? await digestsOf(place) : undefined
  return (
    <div className="page py-6">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <Crumbs place={place} />
        <RevisionForm place={place} />
      </div>
      <div className="mt-4">
        {folder ? (
          <FileTree place={place} folder={folder} digests={digests} />
        ) : (
          <FileView place={place} size={file ?? 0} digest={digests?.get(place.path)} />
        )}
      </div>
    </div>
  )
}

export type Folder = { entries: TreeEntry[]; next: string | null }

const pageSize = 50

const folderOf = async ({ type, id, revision, path, cursor }: Place): Promise<Folder | undefined> => {
  const below = path === '' ? '' : `/${path.split('/').map(encodeURIComponent).join('/')}`
  const query = new URLSearchParams({ expand: 'true', limit: String(pageSize), ...(cursor && { cursor }) })
  const response = await request(`${apiPath(type, id)}/tree/${encodeURIComponent(revision)}${below}?${query}`, {
    as: 'visitor',
  })
  if (response.status === 404 || response.status === 403) return undefined
  if (!response.ok) throw await HubError.from(response)
  const next = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get('link') ?? '')?.[1]
  return {
    entries: (await response.json()) as TreeEntry[],
    next: next ? new URL(next).searchParams.get('cursor') : null,
  }
}

const sizeOf = async ({ type, id, revision, path }: Place): Promise<number | undefined> => {
  const response = await request(resolvePath(type, id, revision, path), {
    ...{ as: 'visitor', method: 'HEAD', headers: { 'accept-encoding': 'identity' } },
  })
  if (response.status >= 400) return undefined
  return Number(response.headers.get('x-linked-size') ?? response.headers.get('content-length') ?? 0)
}

const digestsOf = async ({ type, id, revision }: Place): Promise<Digests | undefined> => {
  const found = await find<{ files: { path: string; sha256: string; cid: string }[] }>(
    `/api/dehug/files/${type}/${id}/${encodeURIComponent(revision)}`,
    { as: 'visitor' },
  )
  return found && new Map(found.files.map(({ path, sha256, cid }) => [path, { sha256, cid }]))
}
