import { renderCard } from '@/components/card/Card.tsx'
import { CodeBlock } from '@/components/card/CodeBlock.tsx'
import { Badge, TimeAgo } from '@/components/ui/index.ts'
import { Link } from '@/components/ui/Link.tsx'
import { need } from '@/lib/hub.ts'
import { idOf, repoInfo } from '@/lib/repo.ts'
import { apiPath, pagePath } from '@/lib/repo-path.ts'
import type { RepoType } from '@/lib/types.ts'
import { type Discussion, StatusIcon } from './DiscussionsPage.tsx'
import { Reply } from './Reply.tsx'

type Event = {
  id: string
  type: string
  createdAt: string
  author?: { name: string }
  data: { latest?: { raw: string }; edited?: boolean; hidden?: boolean; [key: string]: unknown }
}

type Thread = Discussion & { events: Event[]; filesWithConflicts?: boolean | string[]; diff?: string }

type Props = { type: RepoType; params: Promise<{ namespace: string; name: string; num: string }> }

/** One discussion with all that was said, and of a pull request what it changes. */
export const ThreadPage = async ({ type, params }: Props) => {
  const { id } = await repoInfo(type, await idOf(params))
  const num = Number.parseInt((await params).num, 10) || 0
  const thread = await need<Thread>(`${apiPath(type, id)}/discussions/${num}?diff=1`, { as: 'visitor' })
  const path = `${pagePath(type, id)}/discussions`
  return (
    <div className="page max-w-4xl py-6">
      <Link href={path} className="text-sm text-ink-2 hover:underline">
        All discussions
      </Link>
      <h2 className="mt-1 flex items-start gap-2 text-lg font-semibold [overflow-wrap:anywhere]">
        <span className="mt-1.5">
          <StatusIcon discussion={thread} />
        </span>
        <span>
          {thread.title} <span className="font-normal text-ink-3">#{thread.num}</span>
        </span>
      </h2>
      <p className="mt-1 text-sm text-ink-2">
        {thread.isPullRequest ? 'Pull request' : 'Discussion'}, {thread.status}
      </p>
      <ol className="mt-5 flex flex-col gap-4">
        {thread.events.map((event) => (
          <EventItem key={event.id} event={event} type={type} id={id} />
        ))}
      </ol>
      <Changes thread={thread} />
      <Reply api={`${apiPath(type, id)}/discussions/${num}`} status={thread.status} isPull={thread.isPullRequest} />
    </div>
  )
}

const Changes = ({ thread: { diff, filesWithConflicts: conflicts } }: { thread: Thread }) => {
  if (!diff) return null
  const inConflict = conflicts === true || (Array.isArray(conflicts) && conflicts.length > 0)
  return (
    <section aria-labelledby="changes" className="mt-6">
      <h3 id="changes" className="font-semibold">
        Changes
      </h3>
      {inConflict && (
        <p className="mt-1 text-sm text-warn">
          It cannot be merged as it is
          {Array.isArray(conflicts) ? `: ${conflicts.join(', ')} changed on both sides` : ''}.
        </p>
      )}
      <CodeBlock code={diff} language="diff" label="patch" />
    </section>
  )
}

const EventItem = ({ event, type, id }: { event: Event; type: RepoType; id: string }) => {
  const who = event.author?.name ?? 'a deleted account'
  if (event.type !== 'comment') {
    return (
      <li id={event.id} className="px-4 text-sm text-ink-2">
        <strong className="font-medium">{who}</strong> {wordsOf(event)} <TimeAgo at={event.createdAt} />
      </li>
    )
  }
  const markdown = event.data.latest?.raw ?? ''
  const { content } = renderCard(markdown, { type, id, revision: 'main', base: pagePath(type, id) })
  return (
    <li id={event.id} className="panel">
      <p className="flex flex-wrap items-center gap-2 border-b border-line bg-raised px-4 py-2 text-sm">
        <Link href={`/u/${who}`} className="font-medium hover:underline">
          {who}
        </Link>
        <span className="text-ink-2">
          <TimeAgo at={event.createdAt} />
        </span>
        {event.data.edited && <Badge className="bg-surface">edited</Badge>}
      </p>
      <div className="px-4 py-3 text-sm">
        {event.data.hidden ? <em className="text-ink-2">{markdown}</em> : content}
      </div>
    </li>
  )
}

const wordsOf = ({ type, data }: Event): string => {
  if (type === 'status-change') return `changed the state to ${String(data.status ?? 'another')}`
  if (type === 'title-change')
    return `changed the title from “${String(data.from ?? '')}” to “${String(data.to ?? '')}”`
  if (type === 'commit') return `pushed “${String(data.subject ?? 'a commit')}”`
  return type.replaceAll('-', ' ')
}
