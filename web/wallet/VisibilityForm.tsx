'use client'
import type { RepoId } from 'dehug/core'
import { useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import { Select } from '@/components/ui/Select.tsx'
import { Problem } from './Problem.tsx'
import { Field } from './publish/Field.tsx'
import { apiPath } from './publish/send.ts'
import type { Info } from './RepoSettings.tsx'
import { hubJson } from './session.ts'

const visibilities = [
  { value: 'public', label: 'Everybody' },
  { value: 'private', label: 'Only members' },
]
const gates = [
  { value: 'no', label: 'Nobody has to ask' },
  { value: 'auto', label: 'Who asks is let in at once' },
  { value: 'manual', label: 'You decide about each' },
]

type Props = { repo: RepoId.RepoId; info: Info; anchored: boolean; onDone: () => void }

/** Visibility and gate; what is on chain stays open. */
export const VisibilityForm = ({ repo, info, anchored, onDone }: Props) => {
  const [visibility, setVisibility] = useState(info.private ? 'private' : 'public')
  const [gate, setGate] = useState<string>(info.gated || 'no')
  const [said, setSaid] = useState<string>()
  const [problem, setProblem] = useState<unknown>()
  const save = async () => {
    setProblem(undefined)
    setSaid(undefined)
    try {
      const body = { visibility, gated: gate === 'no' ? false : gate }
      await hubJson(`${apiPath(repo)}/settings`, { method: 'PUT', body })
      setSaid('Saved.')
      onDone()
    } catch (error) {
      setProblem(error)
    }
  }
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        return save()
      }}
    >
      <fieldset disabled={anchored} className="flex flex-wrap gap-4">
        <legend className="sr-only">Who may see it</legend>
        <Field label="Visible to">
          {(props) => (
            <Select
              {...props}
              options={visibilities}
              value={visibility}
              onChange={(event) => setVisibility(event.target.value)}
            />
          )}
        </Field>
        <Field label="To get the files">
          {(props) => (
            <Select {...props} options={gates} value={gate} onChange={(event) => setGate(event.target.value)} />
          )}
        </Field>
      </fieldset>
      {anchored && (
        <p className="text-sm text-ink-2">
          It has versions on chain, which everybody can read for ever, so it can be neither hidden nor gated.
        </p>
      )}
      {problem !== undefined && <Problem error={problem} />}
      <div className="flex items-center gap-3">
        <Button type="submit" disabled={anchored}>
          Save
        </Button>
        <p role="status" className="text-sm text-ink-2">
          {said}
        </p>
      </div>
    </form>
  )
}
