'use client'
import { clsx } from 'clsx'
import { FileCheck2 } from 'lucide-react'
import { useEffect, useId, useRef, useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import { bytes } from '@/lib/format.ts'
import { type Digester, startDigester } from '../lib/digest.ts'
import { FailureNote } from './FailureNote.tsx'
import { OfflineNote } from './OfflineNote.tsx'
import { keepPage } from './offline.ts'
import { fromDrop, fromInput } from './pick-files.ts'
import { ReceiptSheet } from './ReceiptSheet.tsx'
import { type Failure, failureOf, loadSdk } from './sdk.ts'
import { VerifyOutcome } from './VerifyOutcome.tsx'
import { compare, type Expected, expectedOf, type Found, type Picked, sort } from './verify-files.ts'

type State =
  | { kind: 'idle' }
  | { kind: 'checking'; note: string }
  | { kind: 'receipt'; json: unknown }
  | { kind: 'checked'; expected: Expected; found: Found[] }
  | { kind: 'failed'; failure: Failure }

/** Takes files and says what they are. */
export const VerifyFiles = ({ repo }: { repo: string }) => {
  const [named, setNamed] = useState(repo)
  const [picked, setPicked] = useState<Picked[]>([])
  const [state, setState] = useState<State>({ kind: 'idle' })
  const run = useRef(0)
  const digester = useRef<Digester>(undefined)
  // All that checking needs is loaded with the page, so that it works when the network is gone.
  useEffect(() => {
    const started = startDigester()
    digester.current = started
    void Promise.all([loadSdk(), import('dehug/core')]).then(() => keepPage(started.keep))
    return started.end
  }, [])
  const choose = (next: Picked[]) => {
    run.current += 1
    setPicked(next)
    setState({ kind: 'idle' })
  }
  const verify = async () => {
    if (!digester.current) return
    run.current += 1
    const mine = run.current
    const show = (next: State) => {
      if (run.current === mine) setState(next)
    }
    show({ kind: 'checking', note: 'Reading what you chose' })
    try {
      show(await check(picked, named.trim(), digester.current, (note) => show({ kind: 'checking', note })))
    } catch (error) {
      show({ kind: 'failed', failure: failureOf(error) })
    }
  }
  return (
    <div className="mt-6 space-y-4">
      <form
        className="panel space-y-4 p-4"
        onSubmit={(event) => {
          event.preventDefault()
          void verify()
        }}
      >
        <DropZone picked={picked} onPick={choose} />
        <RepoField value={named} onChange={setNamed} />
        <Button type="submit" variant="primary" disabled={picked.length === 0 || state.kind === 'checking'}>
          <FileCheck2 aria-hidden /> {state.kind === 'checking' ? 'Checking…' : 'Verify'}
        </Button>
      </form>
      <OfflineNote />
      <div aria-live="polite">
        {state.kind === 'checking' && <p className="text-sm text-ink-2">{state.note}</p>}
        {state.kind === 'failed' && <FailureNote failure={state.failure} />}
        {state.kind === 'checked' && <VerifyOutcome expected={state.expected} found={state.found} />}
        {state.kind === 'receipt' && (
          <div className="space-y-6">
            <ReceiptSheet json={state.json} />
          </div>
        )}
      </div>
    </div>
  )
}

async function check(picked: Picked[], named: string, digester: Digester, say: (note: string) => void): Promise<State> {
  const { files, manifest, receipt } = await sort(picked)
  if (receipt !== undefined && files.length === 0) return { kind: 'receipt', json: receipt }
  if (manifest === undefined && named === '') throw new NothingToCompare()
  say('Asking the chain for the version')
  const expected = await expectedOf(named, manifest)
  const found: Found[] = []
  for (const [i, one] of files.entries()) {
    const about = `${one.path} (${i + 1} of ${files.length})`
    const onBytes = (done: number) => say(`Reading ${about}: ${bytes(done)} of ${bytes(one.file.size)}`)
    onBytes(0)
    found.push(await compare(one, expected.manifest, digester, onBytes))
  }
  return { kind: 'checked', expected, found }
}

const RepoField = ({ value, onChange }: { value: string; onChange: (value: string) => void }) => {
  const id = useId()
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        Published as
      </label>
      <input
        id={id}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        placeholder="namespace/name, or namespace/name@version"
        maxLength={300}
        autoComplete="off"
        className="field"
        aria-describedby={`${id}-note`}
      />
      <p id={`${id}-note`} className="mt-1 text-xs text-ink-2">
        Not needed for a receipt, or where a manifest is among the files: a pulled folder has one. Data sets begin with
        dataset:.
      </p>
    </div>
  )
}

const DropZone = ({ picked, onPick }: { picked: Picked[]; onPick: (picked: Picked[]) => void }) => {
  const id = useId()
  const [over, setOver] = useState(false)
  const size = picked.reduce((sum, { file }) => sum + file.size, 0)
  return (
    <fieldset
      className={clsx(
        'rounded-md border-2 border-dashed p-4',
        over ? 'border-accent bg-accent-soft' : 'border-line-strong',
      )}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        void fromDrop(event.dataTransfer.items).then(onPick)
      }}
    >
      <legend className="sr-only">What to verify</legend>
      <p className="text-sm">Drop files or a folder here, or choose them.</p>
      <div className="mt-2 flex flex-wrap gap-x-6 gap-y-2">
        <FileInput id={`${id}-files`} label="Files" onPick={onPick} />
        <FileInput id={`${id}-folder`} label="A folder" folder onPick={onPick} />
      </div>
      {picked.length > 0 && (
        <p className="mt-2 text-sm text-ink-2">
          {picked.length === 1 ? picked[0]?.path : `${picked.length} files`}, {bytes(size)}
        </p>
      )}
    </fieldset>
  )
}

type FileInputProps = { id: string; label: string; folder?: boolean; onPick: (picked: Picked[]) => void }

const FileInput = ({ id, label, folder = false, onPick }: FileInputProps) => (
  <div>
    <label htmlFor={id} className="mb-1 block text-xs text-ink-2">
      {label}
    </label>
    <input
      id={id}
      type="file"
      multiple
      {...(folder ? { webkitdirectory: '' } : {})}
      onChange={(event) => onPick(fromInput(event.target.files))}
      className="touch block max-w-full text-sm file:mr-3 file:rounded-md file:border file:border-line-strong file:bg-surface file:px-3 file:py-1.5 file:text-ink"
    />
  </div>
)

/** Bytes alone do not say who published them. */
class NothingToCompare extends Error {
  readonly code = 'nothing_to_compare'
  readonly hint = 'Write namespace/name below the files, or add the manifest of the version.'

  constructor() {
    super('There is nothing to compare these files with.')
  }
}
