import { Lock } from 'lucide-react'
import { Verified } from '@/components/catalog/Verified.tsx'
import { Badge, CopyButton, LinkTabs } from '@/components/ui/index.ts'
import { Link } from '@/components/ui/Link.tsx'
import { find } from '@/lib/hub.ts'
import { belongsTo, type Me, me } from '@/lib/me.ts'
import { apiPath, pagePath } from '@/lib/repo-path.ts'
import { taskName } from '@/lib/tasks.ts'
import type { RepoInfo, RepoType } from '@/lib/types.ts'
import { LikeButton } from './LikeButton.tsx'

/** Name, labels and tabs of a repository; the same on all of its pages. */
export const RepoHeader = async ({ type, info }: { type: RepoType; info: RepoInfo }) => {
  const [open, { who, isLiked }] = await Promise.all([
    find<{ count: number }>(`${apiPath(type, info.id)}/discussions?status=open&limit=1`, { as: 'visitor' }),
    visitorOf(type, info.id),
  ])
  const name = info.id.slice(info.id.indexOf('/') + 1)
  return (
    <div className="border-b border-line bg-surface">
      <div className="page pt-5">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <h1 className="min-w-0 text-xl font-semibold [overflow-wrap:anywhere]">
            <Link href={`/u/${info.author}`} className="font-normal text-ink-2 hover:underline">
              {info.author}
            </Link>
            <span className="mx-0.5 text-ink-3">/</span>
            <Link href={pagePath(type, info.id)} className="hover:underline">
              {name}
            </Link>
          </h1>
          <CopyButton text={info.id} what="name" />
          {info.dehug?.anchored && <Verified className="size-5" />}
          <div className="ml-auto">
            <LikeButton api={apiPath(type, info.id)} likes={info.likes} isLiked={isLiked} />
          </div>
        </div>
        <Labels type={type} info={info} />
        <div className="mt-3">
          <LinkTabs
            label="Parts of the repository"
            tabs={tabsOf(type, info, open?.count, belongsTo(who, info.author))}
          />
        </div>
      </div>
    </div>
  )
}

/** Who looks at it, and whether they like it, as far as their newest likes tell. */
const visitorOf = async (type: RepoType, id: string): Promise<{ who: Me | undefined; isLiked: boolean }> => {
  const who = await me()
  if (!who) return { who, isLiked: false }
  const path = `/api/users/${encodeURIComponent(who.name)}/likes?limit=1000`
  const likes = await find<{ repo: { name: string; type: string } }[]>(path, { as: 'visitor' })
  return { who, isLiked: likes?.some(({ repo }) => repo.type === type && repo.name === id) ?? false }
}

const Labels = ({ type, info }: { type: RepoType; info: RepoInfo }) => {
  const license = info.tags.find((tag) => tag.startsWith('license:'))?.slice('license:'.length)
  return (
    <div className="mt-2 flex flex-wrap gap-1.5">
      {info.pipeline_tag && (
        <Link href={`/${type}s?task=${encodeURIComponent(info.pipeline_tag)}`}>
          <Badge tone="accent">{taskName(info.pipeline_tag)}</Badge>
        </Link>
      )}
      {info.library_name && (
        <Link href={`/${type}s?library=${encodeURIComponent(info.library_name)}`}>
          <Badge>{info.library_name}</Badge>
        </Link>
      )}
      {info.safetensors && <Badge>safetensors</Badge>}
      {license && (
        <Link href={`/${type}s?license=${encodeURIComponent(license)}`}>
          <Badge>license: {license}</Badge>
        </Link>
      )}
      {info.gated && <Badge tone="warn">Gated: ask for access</Badge>}
      {info.private && (
        <Badge>
          <Lock aria-hidden /> Private
        </Badge>
      )}
    </div>
  )
}

const tabsOf = (type: RepoType, info: RepoInfo, discussions: number | undefined, isOwn: boolean) => {
  const base = pagePath(type, info.id)
  const ofModels = (...tabs: { href: string; label: string }[]) => (type === 'model' ? tabs : [])
  return [
    { href: base, label: type === 'model' ? 'Model card' : 'Dataset card' },
    ...(type === 'dataset' ? [{ href: `${base}/preview`, label: 'Preview' }] : []),
    { href: `${base}/files`, label: 'Files' },
    { href: `${base}/versions`, label: 'Versions' },
    ...ofModels({ href: `${base}/run`, label: 'Run' }, { href: `${base}/providers`, label: 'Providers' }),
    { href: `${base}/lineage`, label: 'Lineage' },
    { href: `${base}/license`, label: 'License' },
    ...ofModels({ href: `${base}/economics`, label: 'Economics' }),
    { href: `${base}/attestations`, label: 'Attestations' },
    { href: `${base}/discussions`, label: 'Discussions', count: discussions },
    ...(isOwn ? [{ href: `${base}/settings`, label: 'Settings' }] : []),
  ]
}
