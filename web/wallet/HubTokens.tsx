'use client'
import { useCallback, useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import { TimeAgo } from '@/components/ui/Figures.tsx'
import { Select } from '@/components/ui/Select.tsx'
import { EmptyState } from '@/components/ui/States.tsx'
import { Table, Td, Th } from '@/components/ui/Table.tsx'
import { useAttempt, useLoaded } from './account-data.ts'
import { NewSecret } from './NewSecret.tsx'
import { Problem } from './Problem.tsx'
import { Field } from './publish/Field.tsx'
import { hubJson } from './session.ts'

type Token = {
  id: string
  name: string
  scope: string
  createdAt: string
  expiresAt: string | null
  lastUsedAt: string | null
}

const path = '/api/dehug/tokens'
const scopes = [
  { value: 'read', label: 'Read' },
  { value: 'write', label: 'Read and write' },
]
const ends = [
  { value: '30', label: 'in 30 days' },
  { value: '365', label: 'in a year' },
  { value: '', label: 'never' },
]

/** Tokens that programs speak to the hub with (`HF_TOKEN`). */
export const HubTokens = () => {
  const load = useCallback(() => hubJson<Token[]>(path), [])
  const { value: tokens, problem, reload } = useLoaded(load)
  const [made, setMade] = useState<string>()
  const { trouble, attempt } = useAttempt(reload)
  const create = (wish: { name: string; scope: string; days: string }) =>
    attempt(async () => {
      const expiresAt =
        wish.days === '' ? {} : { expiresAt: new Date(Date.now() + Number(wish.days) * 86_400_000).toISOString() }
      const body = { name: wish.name, scope: wish.scope, ...expiresAt }
      setMade((await hubJson<{ token: string }>(path, { method: 'POST', body })).token)
    })
  const end = (id: string) => attempt(() => hubJson(`${path}/${id}`, { method: 'DELETE' }))
  return (
    <section aria-labelledby="tokens" className="grid gap-3">
      <div>
        <h2 id="tokens" className="text-lg font-semibold">
          Hub tokens
        </h2>
        <p className="max-w-prose text-sm text-ink-2">
          For programs: <code className="font-mono">HF_TOKEN</code>, git, and the command line. They move no money.
        </p>
      </div>
      {made && <NewSecret secret={made} what="hub token" />}
      {(problem ?? trouble) !== undefined && <Problem error={problem ?? trouble} />}
      <NewToken onCreate={create} />
      {tokens?.length === 0 && <EmptyState title="No tokens" />}
      {tokens && tokens.length > 0 && <TokenTable tokens={tokens} onEnd={end} />}
    </section>
  )
}

const NewToken = ({ onCreate }: { onCreate: (wish: { name: string; scope: string; days: string }) => void }) => {
  const [name, setName] = useState('')
  const [scope, setScope] = useState('read')
  const [days, setDays] = useState('30')
  return (
    <form
      className="panel flex flex-wrap items-end gap-4 p-4"
      onSubmit={(event) => {
        event.preventDefault()
        onCreate({ name: name.trim(), scope, days })
        setName('')
      }}
    >
      <Field label="Name of the token">
        {(props) => (
          <input
            {...props}
            className="field"
            maxLength={96}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <Field label="It may">
        {(props) => (
          <Select {...props} options={scopes} value={scope} onChange={(event) => setScope(event.target.value)} />
        )}
      </Field>
      <Field label="Ends">
        {(props) => <Select {...props} options={ends} value={days} onChange={(event) => setDays(event.target.value)} />}
      </Field>
      <Button type="submit" disabled={name.trim() === ''} className="mb-1">
        Make a token
      </Button>
    </form>
  )
}

const TokenTable = ({ tokens, onEnd }: { tokens: Token[]; onEnd: (id: string) => void }) => (
  <Table caption="Hub tokens">
    <thead>
      <tr>
        <Th>Name</Th>
        <Th>May</Th>
        <Th>Made</Th>
        <Th>Last used</Th>
        <Th>Ends</Th>
        <Th>
          <span className="sr-only">Actions</span>
        </Th>
      </tr>
    </thead>
    <tbody>
      {tokens.map((token) => (
        <tr key={token.id}>
          <Td>{token.name}</Td>
          <Td>{token.scope === 'fineGrained' ? 'fine-grained' : token.scope}</Td>
          <Td>
            <TimeAgo at={token.createdAt} />
          </Td>
          <Td>{token.lastUsedAt ? <TimeAgo at={token.lastUsedAt} /> : 'never'}</Td>
          <Td>{token.expiresAt ? <TimeAgo at={token.expiresAt} /> : 'never'}</Td>
          <Td>
            <Button size="sm" variant="danger" onClick={() => onEnd(token.id)}>
              Revoke<span className="sr-only"> {token.name}</span>
            </Button>
          </Td>
        </tr>
      ))}
    </tbody>
  </Table>
)
