import { CircleDot, CircleSlash, GitMerge, GitPullRequest, MessagesSquare } from 'lucide-react'
import { EmptyState, LinkButton, TimeAgo } from '@/components/ui/index.ts'
import { Link } from '@/components/ui/Link.tsx'
import { get } from '@/lib/hub.ts'
import { idOf, type RepoParams, repoInfo } from '@/lib/repo.ts'
import { apiPath, pagePath } from '@/lib/repo-path.ts'
import { href, one, type SearchParams } from '@/lib/search-params.ts'
import type { RepoType } from '@/lib/types.ts'
import { NewDiscussion } from './NewDiscussion.tsx'

export type Discussion = {
  num: number
  title: string
  status: 'open' | 'closed' | 'draft' | 'merged'
  author?: { name: string }
  createdAt: string
  isPullRequest: boolean
}

type Props = { type: RepoType; params: RepoParams; searchParams: SearchParams }

const pageSize = 30
const states = [
  { value: 'open', label: 'Open' },
  { value: 'closed', label: 'Closed' },
  { value: 'all', label: 'All' },
]

/** Threads and pull requests of a repository. */
export const DiscussionsPage = async ({ type, params, searchParams }: Props) => {
  const { id } = await repoInfo(type, await idOf(params))
  const query = await searchParams
  const state = states.find(({ value }) => value === one(query, 'status'))?.value ?? 'open'
  const page = Math.max(0, Number.parseInt(one(query, 'p') ?? '0', 10) || 0)
  const { discussions, count } = await get<{ discussions: Discussion[]; count: number }>(
    `${apiPath(type, id)}/discussions?status=${state}&limit=${pageSize}&p=${page}`,
    { as: 'visitor' },
  )
  const path = `${pagePath(type, id)}/discussions`
  return (
    <div className="page py-6">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <nav aria-label="State" className="flex gap-1">
          {states.map(({ value, label }) => (
            <LinkButton
              key={value}
              size="sm"
              variant="ghost"
              href={href(path, { status: value === 'open' ? undefined : value })}
              aria-current={value === state ? 'page' : undefined}
              className={value === state ? 'bg-raised !text-ink' : ''}
            >
              {label}
            </LinkButton>
          ))}
        </nav>
        <NewDiscussion api={apiPath(type, id)} path={path} />
      </div>
      <div className="mt-4">
        {discussions.length === 0 ? (
          <EmptyState title={state === 'open' ? 'Nothing is open' : 'Nothing is here yet'} icon={<MessagesSquare />}>
            Ask a question, report a problem, or send changes as a pull request.
          </EmptyState>
        ) : (
          <ul className="panel divide-y divide-line">
            {discussions.map((discussion) => (
              <Row key={discussion.num} discussion={discussion} path={path} />
            ))}
          </ul>
        )}
      </div>
      <nav aria-label="Pages" className="mt-4 flex justify-end gap-2">
        {page > 0 && <LinkButton href={href(path, { status: state, p: String(page - 1) })}>Newer</LinkButton>}
        {(page + 1) * pageSize < count && (
          <LinkButton href={href(path, { status: state, p: String(page + 1) })}>Older</LinkButton>
        )}
      </nav>
    </div>
  )
}

/** What a discussion is and how it stands, as a picture with words. */
export const StatusIcon = ({ discussion: { status, isPullRequest } }: { discussion: Discussion }) => {
  const Icon =
    status === 'merged' ? GitMerge : status === 'closed' ? CircleSlash : isPullRequest ? GitPullRequest : CircleDot
  const tone = status === 'merged' ? 'text-info' : status === 'closed' ? 'text-ink-3' : 'text-good'
  return (
    <span className={tone}>
      <Icon className="size-4" aria-hidden />
      <span className="sr-only">
        {status} {isPullRequest ? 'pull request' : 'discussion'}
      </span>
    </span>
  )
}

const Row = ({ discussion, path }: { discussion: Discussion; path: string }) => (
  <li className="relative flex items-start gap-3 px-4 py-3 hover:bg-raised/60">
    <span className="mt-1">
      <StatusIcon discussion={discussion} />
    </span>
    <div className="min-w-0">
      <Link
        href={`${path}/${discussion.num}`}
        className="font-medium [overflow-wrap:anywhere] after:absolute after:inset-0 hover:underline"
      >
        {discussion.title}
      </Link>
      <p className="text-xs text-ink-3">
        #{discussion.num} by {discussion.author?.name ?? 'a deleted account'}, <TimeAgo at={discussion.createdAt} />
      </p>
    </div>
  </li>
)
