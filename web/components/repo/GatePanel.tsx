'use client'
import { KeyRound } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { type FormEvent, useEffect, useState } from 'react'
import { Button, LinkButton } from '@/components/ui/Button.tsx'
import { HubError } from '@/lib/HubError.ts'
import { hubJson } from '@/wallet/session.ts'

type Field = { name: string; type: string; options: unknown[] }
type Standing = {
  gated: 'auto' | 'manual'
  prompt: unknown
  fields: Field[]
  status: 'pending' | 'accepted' | 'rejected' | null
  rejectionReason: string | null
  mayDownload: boolean
}

/** Asks for the files of a gated repository, and tells how one's request stands. */
export const GatePanel = ({ api, path }: { api: string; path: string }) => {
  const [standing, setStanding] = useState<Standing | 'signed-out'>()
  useEffect(() => {
    hubJson<Standing>(`${api}/ask-access`).then(setStanding, () => setStanding('signed-out'))
  }, [api])
  if (standing === undefined || (standing !== 'signed-out' && standing.mayDownload)) return null
  return (
    <section aria-label="Access" className="panel mb-6 p-4">
      <h2 className="flex items-center gap-2 font-semibold">
        <KeyRound className="size-4 text-warn" aria-hidden /> The files are behind a gate
      </h2>
      {standing === 'signed-out' ? (
        <>
          <p className="mt-1 mb-3 text-sm text-ink-2">You see what there is. To download, sign in and ask.</p>
          <LinkButton href={`/login?next=${encodeURIComponent(path)}`} variant="primary">
            Sign in to ask
          </LinkButton>
        </>
      ) : (
        <Asking api={api} standing={standing} onStatus={(status) => setStanding({ ...standing, status })} />
      )}
    </section>
  )
}

type AskingProps = { api: string; standing: Standing; onStatus: (status: Standing['status']) => void }

const Asking = ({ api, standing, onStatus }: AskingProps) => {
  const router = useRouter()
  const [failure, setFailure] = useState<string>()
  if (standing.status === 'pending') return <p className="mt-1 text-sm text-ink-2">You asked; the owner decides.</p>
  if (standing.status === 'rejected') {
    return <p className="mt-1 text-sm text-bad">The owner said no. {standing.rejectionReason}</p>
  }
  const ask = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    setFailure(undefined)
    try {
      const body = Object.fromEntries(new FormData(event.currentTarget))
      const { status } = await hubJson<Pick<Standing, 'status'>>(`${api}/ask-access`, { method: 'POST', body })
      if (status === 'accepted') router.refresh()
      onStatus(status)
    } catch (error) {
      setFailure(error instanceof HubError ? error.message : 'The hub does not answer.')
    }
  }
  return (
    <form onSubmit={ask} className="mt-2 flex max-w-lg flex-col gap-3 text-sm">
      {typeof standing.prompt === 'string' && <p className="whitespace-pre-line text-ink-2">{standing.prompt}</p>}
      {standing.fields.map((field) => (
        <GateField key={field.name} field={field} />
      ))}
      {failure && (
        <p role="alert" className="text-bad">
          {failure}
        </p>
      )}
      <Button type="submit" variant="primary" className="self-start">
        {standing.gated === 'auto' ? 'Agree and get access' : 'Ask for access'}
      </Button>
    </form>
  )
}

const optionOf = (option: unknown): { label: string; value: string } => {
  const { label, value } = (typeof option === 'object' && option !== null ? option : {}) as Record<string, unknown>
  return { label: String(label ?? option), value: String(value ?? option) }
}

const GateField = ({ field: { name, type, options } }: { field: Field }) => {
  if (type === 'checkbox') {
    return (
      <label className="flex items-center gap-2">
        <input type="checkbox" name={name} required className="size-4 accent-accent" /> {name}
      </label>
    )
  }
  const props = { id: `gate-${name}`, name, required: true, className: 'field' }
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={props.id}>{name}</label>
      {type === 'select' ? (
        <select {...props}>
          {options.map(optionOf).map(({ label, value }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      ) : (
        <input {...props} type={type === 'date_picker' ? 'date' : 'text'} />
      )}
    </div>
  )
}
