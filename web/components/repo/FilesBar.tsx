import { SubmitOnChange } from '@/components/catalog/SubmitOnChange.tsx'
import { buttonClass, Select } from '@/components/ui/index.ts'
import { Link } from '@/components/ui/Link.tsx'
import { short } from '@/lib/format.ts'
import { find } from '@/lib/hub.ts'
import { apiPath, pagePath } from '@/lib/repo-path.ts'
import type { RepoInfo, RepoType } from '@/lib/types.ts'

/** What a page about files looks at. */
export type Place = {
  type: RepoType
  id: string
  info: RepoInfo
  revision: string
  path: string
  cursor?: string | undefined
}

/** Page of a file or folder at the same revision. */
export const filePage = ({ type, id, revision }: Pick<Place, 'type' | 'id' | 'revision'>, path: string): string => {
  const place = `${pagePath(type, id)}/files${path === '' ? '' : `/${path.split('/').map(encodeURIComponent).join('/')}`}`
  return revision === 'main' ? place : `${place}?revision=${encodeURIComponent(revision)}`
}

/** Where one is: each folder above is a link. */
export const Crumbs = ({ place }: { place: Place }) => {
  const parts = place.path === '' ? [] : place.path.split('/')
  return (
    <nav aria-label="Folders" className="min-w-0 text-sm [overflow-wrap:anywhere]">
      <Link href={filePage(place, '')} className="font-medium hover:underline">
        {place.id.slice(place.id.indexOf('/') + 1)}
      </Link>
      {parts.map((part, i) => {
        const path = parts.slice(0, i + 1).join('/')
        return (
          <span key={path}>
            <span className="mx-1 text-ink-3">/</span>
            {i === parts.length - 1 ? (
              <span aria-current="page">{part}</span>
            ) : (
              <Link href={filePage(place, path)} className="hover:underline">
                {part}
              </Link>
            )}
          </span>
        )
      })}
    </nav>
  )
}

type Refs = { branches: { name: string }[]; tags: { name: string }[] }

/** Chooses the revision; a plain form. */
export const RevisionForm = async ({ place }: { place: Place }) => {
  const refs = await find<Refs>(`${apiPath(place.type, place.id)}/refs`, { as: 'visitor' })
  const names = [...(refs?.branches ?? []), ...(refs?.tags ?? [])].map(({ name }) => name)
  const all = [...new Set([...names.slice(0, 200), place.revision])]
  return (
    <div className="flex items-center gap-2">
      <form action={filePage({ ...place, revision: 'main' }, place.path)} className="flex items-center gap-2">
        <SubmitOnChange>
          <Select
            name="revision"
            aria-label="Revision"
            defaultValue={place.revision}
            options={all.map((name) => ({ value: name, label: /^[0-9a-f]{40}$/.test(name) ? short(name) : name }))}
          />
        </SubmitOnChange>
        <noscript>
          <button type="submit" className={buttonClass({ size: 'sm' })}>
            Show
          </button>
        </noscript>
      </form>
      <Link href={`${pagePath(place.type, place.id)}/versions`} className={buttonClass()}>
        History
      </Link>
    </div>
  )
}
