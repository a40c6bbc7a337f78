'use client'
import { clsx } from 'clsx'
import { Bell } from 'lucide-react'
import { useCallback, useState } from 'react'
import { Badge } from '@/components/ui/Badge.tsx'
import { Button } from '@/components/ui/Button.tsx'
import { TimeAgo } from '@/components/ui/Figures.tsx'
import { Link } from '@/components/ui/Link.tsx'
import { Skeleton } from '@/components/ui/Skeleton.tsx'
import { EmptyState } from '@/components/ui/States.tsx'
import { counted } from '@/lib/format.ts'
import { useAttempt, useLoaded } from './account-data.ts'
import { SignedIn } from './Gate.tsx'
import { Problem } from './Problem.tsx'
import { hubJson } from './session.ts'

type Item = {
  id: string
  kind: string
  at: string
  read: boolean
  repo: string | null
  actor: string | null
  title: string
  url: string
}
type News = { unread: number; items: Item[]; next: string | null }

const path = '/api/dehug/notifications'
const kinds: Record<string, string> = {
  comment: 'Comment',
  discussion: 'Discussion',
  'pull-request': 'Pull request',
  version: 'New version',
  'access-request': 'Request for access',
  'access-decision': 'Access',
}

/** What happened that concerns the person. */
export const NotificationsPage = () => <SignedIn what="see what is new">{() => <Notifications />}</SignedIn>

const Notifications = () => {
  const [cursor, setCursor] = useState<string>()
  const load = useCallback(
    () => hubJson<News>(cursor === undefined ? path : `${path}?cursor=${encodeURIComponent(cursor)}`),
    [cursor],
  )
  const { value: news, problem, reload } = useLoaded(load)
  const { trouble, busy, attempt } = useAttempt(reload)
  const markRead = (ids?: string[]) => hubJson(`${path}/read`, { method: 'POST', body: ids ? { ids } : {} })
  if (problem !== undefined) return <Problem error={problem} />
  if (!news) return <Skeleton className="h-64" />
  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p role="status" className="text-sm text-ink-2">
          {news.unread === 0 ? 'All is read.' : `${counted(news.unread, 'new one')}.`}
        </p>
        <Button size="sm" disabled={busy || news.unread === 0} onClick={() => attempt(() => markRead())}>
          Mark all as read
        </Button>
      </div>
      {trouble !== undefined && <Problem error={trouble} />}
      {news.items.length === 0 ? (
        <EmptyState title="Nothing happened yet" icon={<Bell />}>
          Comments and pull requests on what is yours, new versions of what you like or follow, and answers to what you
          asked for stand here.
        </EmptyState>
      ) : (
        <ul className="panel divide-y divide-line">
          {news.items.map((item) => (
            <Row key={item.id} item={item} onOpen={() => void markRead([item.id]).catch(() => undefined)} />
          ))}
        </ul>
      )}
      <nav aria-label="Pages" className="flex justify-end gap-2">
        {cursor !== undefined && <Button onClick={() => setCursor(undefined)}>Newest</Button>}
        {news.next !== null && <Button onClick={() => setCursor(news.next ?? undefined)}>Older</Button>}
      </nav>
    </div>
  )
}

const Row = ({ item: { kind, at, read, actor, title, url }, onOpen }: { item: Item; onOpen: () => void }) => (
  <li className="relative flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-3 text-sm hover:bg-raised/60">
    <Badge tone={read ? 'neutral' : 'accent'}>{kinds[kind] ?? kind}</Badge>
    <Link
      href={url}
      onClick={onOpen}
      className={clsx(
        'min-w-0 flex-1 break-words after:absolute after:inset-0 hover:underline',
        !read && 'font-medium',
      )}
    >
      {title}
      {!read && <span className="sr-only"> (new)</span>}
    </Link>
    <span className="text-xs text-ink-3">
      {actor && `${actor}, `}
      <TimeAgo at={at} />
    </span>
  </li>
)
