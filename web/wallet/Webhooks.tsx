'use client'
import { RepoId } from 'dehug/core'
import { useCallback, useState } from 'react'
import { Badge } from '@/components/ui/Badge.tsx'
import { Button } from '@/components/ui/Button.tsx'
import { useAttempt, useLoaded } from './account-data.ts'
import { Problem } from './Problem.tsx'
import { Field } from './publish/Field.tsx'
import { hubJson } from './session.ts'

type Webhook = { id: string; url: string; watched: { type: string; name: string }[]; disabled: boolean }

const path = '/api/settings/webhooks'

/** The visitor's own webhooks that watch a repository. */
export const Webhooks = ({ repo }: { repo: RepoId.RepoId }) => {
  const load = useCallback(() => hubJson<Webhook[]>(path), [])
  const { value, problem, reload } = useLoaded(load)
  const { trouble, attempt } = useAttempt(reload)
  const [url, setUrl] = useState('')
  const name = RepoId.format(repo)
  const watching = value?.filter(({ watched }) =>
    watched.some((one) => one.type === repo.type && one.name.toLowerCase() === name.toLowerCase()),
  )
  const add = async () => {
    const body = { url, watched: [{ type: repo.type, name }], domains: ['repo', 'discussions'] }
    await attempt(() => hubJson(path, { method: 'POST', body }))
    setUrl('')
  }
  return (
    <div className="grid gap-3">
      {(problem ?? trouble) !== undefined && <Problem error={problem ?? trouble} />}
      {watching?.length === 0 && <p className="text-sm text-ink-2">None yet.</p>}
      <ul className="grid gap-2">
        {watching?.map((hook) => (
          <li key={hook.id} className="flex flex-wrap items-center gap-2 text-sm">
            <code className="min-w-0 flex-1 break-all font-mono">{hook.url}</code>
            <Badge tone={hook.disabled ? 'neutral' : 'good'}>{hook.disabled ? 'off' : 'on'}</Badge>
            <Button
              size="sm"
              onClick={() =>
                attempt(() => hubJson(`${path}/${hook.id}/${hook.disabled ? 'enable' : 'disable'}`, { method: 'POST' }))
              }
            >
              {hook.disabled ? 'Switch on' : 'Switch off'}
            </Button>
            <Button
              size="sm"
              variant="danger"
              onClick={() => attempt(() => hubJson(`${path}/${hook.id}`, { method: 'DELETE' }))}
            >
              Delete
            </Button>
          </li>
        ))}
      </ul>
      <form
        className="flex flex-wrap items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault()
          return add()
        }}
      >
        <Field label="URL">
          {(props) => (
            <input
              {...props}
              className="field w-80 max-w-full"
              type="url"
              required
              value={url}
              onChange={(event) => setUrl(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" className="mb-1">
          Add
        </Button>
      </form>
    </div>
  )
}
