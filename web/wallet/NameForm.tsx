'use client'
import { RepoId } from 'dehug/core'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import { pagePath } from '@/lib/repo-path.ts'
import { useAttempt } from './account-data.ts'
import { Problem } from './Problem.tsx'
import { Field } from './publish/Field.tsx'
import { hubJson } from './session.ts'

type Props = { repo: RepoId.RepoId; anchored: boolean }

const onChainNote = 'It has versions on chain, where its name stands for ever.'

/** Gives a repository another name; the old one leads to it. */
export const NameForm = ({ repo, anchored }: Props) => {
  const router = useRouter()
  const [name, setName] = useState(repo.name)
  const to = `${repo.namespace}/${name.trim()}`
  const { trouble, busy, attempt } = useAttempt(() => router.push(`${pagePath(repo.type as 'model', to)}/settings`))
  const body = { fromRepo: RepoId.format(repo), toRepo: to, type: repo.type }
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        return attempt(() => hubJson('/api/repos/move', { method: 'POST', body }))
      }}
    >
      <div className="flex flex-wrap items-end gap-3">
        <Field label="Name" note={anchored ? onChainNote : 'Links and pulls by the old name lead here.'}>
          {(props) => (
            <input
              {...props}
              className="field w-80 max-w-full"
              maxLength={96}
              disabled={anchored}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" className="mb-5" disabled={anchored || busy || name.trim() === repo.name || !name.trim()}>
          Rename
        </Button>
      </div>
      {trouble !== undefined && <Problem error={trouble} />}
    </form>
  )
}

/** Deletes a repository of which nothing is on chain, once its name was typed. */
export const DeleteForm = ({ repo, anchored }: Props) => {
  const router = useRouter()
  const [typed, setTyped] = useState('')
  const { trouble, busy, attempt } = useAttempt(() => router.push('/dashboard'))
  const id = RepoId.format(repo)
  const body = { name: repo.name, organization: repo.namespace, type: repo.type }
  if (anchored) return <p className="text-sm text-ink-2">{onChainNote} It cannot be deleted.</p>
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        return attempt(() => hubJson('/api/repos/delete', { method: 'DELETE', body }))
      }}
    >
      <div className="flex flex-wrap items-end gap-3">
        <Field
          label={`Type ${id} to delete it`}
          note="Its files, versions and discussions go; nobody can bring them back."
        >
          {(props) => (
            <input
              {...props}
              className="field w-80 max-w-full"
              autoComplete="off"
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" variant="danger" className="mb-5" disabled={busy || typed.trim() !== id}>
          Delete
        </Button>
      </div>
      {trouble !== undefined && <Problem error={trouble} />}
    </form>
  )
}
