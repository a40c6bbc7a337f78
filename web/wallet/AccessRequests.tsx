'use client'
import type { RepoId } from 'dehug/core'
import { type FormEvent, useCallback } from 'react'
import { Badge } from '@/components/ui/Badge.tsx'
import { Button } from '@/components/ui/Button.tsx'
import { TimeAgo } from '@/components/ui/Figures.tsx'
import { Link } from '@/components/ui/Link.tsx'
import { useAttempt, useLoaded } from './account-data.ts'
import { Problem } from './Problem.tsx'
import { apiPath } from './publish/send.ts'
import { hubJson } from './session.ts'

type Status = 'pending' | 'accepted' | 'rejected'
type Request = {
  user: { user: string; fullname: string }
  status: Status
  timestamp: string
  fields?: Record<string, unknown>
  rejectionReason?: string
}

const words = { pending: 'waits', accepted: 'let in', rejected: 'refused' } as const
const tones = { pending: 'warn', accepted: 'good', rejected: 'bad' } as const

/** Who asked for the files of a gated repository, and the owner's answers. */
export const AccessRequests = ({ repo }: { repo: RepoId.RepoId }) => {
  const api = `${apiPath(repo)}/user-access-request`
  const load = useCallback(async () => {
    const lists = (['pending', 'accepted', 'rejected'] as const).map((status) => hubJson<Request[]>(`${api}/${status}`))
    return (await Promise.all(lists)).flat()
  }, [api])
  const { value: requests, problem, reload } = useLoaded(load)
  const { trouble, busy, attempt } = useAttempt(reload)
  const decide = (user: string, status: Status) =>
    attempt(() => hubJson(`${api}/handle`, { method: 'POST', body: { user, status } }))
  const grant = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const user = String(new FormData(form).get('user')).trim()
    return attempt(() => hubJson(`${api}/grant`, { method: 'POST', body: { user } }).then(() => form.reset()))
  }
  return (
    <div className="grid gap-3">
      {(problem ?? trouble) !== undefined && <Problem error={problem ?? trouble} />}
      {requests?.length === 0 && <p className="text-sm text-ink-2">Nobody asked yet.</p>}
      <ul className="grid gap-2">
        {requests?.map((request) => (
          <Row key={request.user.user} request={request} disabled={busy} onDecide={decide} />
        ))}
      </ul>
      <form className="flex flex-wrap items-end gap-2" onSubmit={grant}>
        <label className="grid gap-1 text-sm font-medium">
          Let in who did not ask
          <input name="user" required maxLength={96} placeholder="name" className="field !w-60" />
        </label>
        <Button type="submit" disabled={busy}>
          Let in
        </Button>
      </form>
    </div>
  )
}

type RowProps = { request: Request; disabled: boolean; onDecide: (user: string, status: Status) => void }

const Row = ({ request: { user, status, timestamp, fields }, disabled, onDecide }: RowProps) => (
  <li className="flex flex-wrap items-center gap-2 text-sm">
    <Link href={`/u/${user.user}`} className="link font-medium">
      {user.user}
    </Link>
    <Badge tone={tones[status]}>{words[status]}</Badge>
    <span className="text-ink-3">
      <TimeAgo at={timestamp} />
    </span>
    {fields && (
      <span className="min-w-0 break-words text-ink-2">
        {Object.entries(fields)
          .map(([name, value]) => `${name}: ${String(value)}`)
          .join(' · ')}
      </span>
    )}
    <span className="ml-auto flex gap-2">
      {status !== 'accepted' && (
        <Button size="sm" variant="primary" disabled={disabled} onClick={() => onDecide(user.user, 'accepted')}>
          Let in<span className="sr-only"> {user.user}</span>
        </Button>
      )}
      {status !== 'rejected' && (
        <Button size="sm" variant="danger" disabled={disabled} onClick={() => onDecide(user.user, 'rejected')}>
          {status === 'accepted' ? 'Take back' : 'Refuse'}
          <span className="sr-only"> {user.user}</span>
        </Button>
      )}
    </span>
  </li>
)
