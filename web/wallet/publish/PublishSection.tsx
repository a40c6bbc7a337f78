'use client'
import { RepoId } from 'dehug/core'
import { useRouter } from 'next/navigation'
import { useEffect, useRef, useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import { counted, short } from '@/lib/format.ts'
import { askToSignIn } from '../AccountMenu.tsx'
import { Problem } from '../Problem.tsx'
import { Steps, Summary } from '../Steps.tsx'
import { saved, useWrites } from '../WriteStore.ts'
import { activeWallet } from '../wallets.ts'
import { writeCard } from './card.ts'
import { dropDraft } from './draft.ts'
import { termsOf } from './earn.ts'
import { Section } from './Field.tsx'
import { FileProgress, type Progress } from './FileProgress.tsx'
import { type Phase, publish } from './publish.ts'
import type { Wizard } from './use-wizard.ts'

type Props = { wizard: Wizard; problems: string[]; onBusy: (busy: boolean) => void }

/** What it costs, one signature, and how far it is. */
export const PublishSection = ({ wizard, problems, onBusy }: Props) => {
  const router = useRouter()
  const [phase, setPhase] = useState<Phase>()
  const [progress, setProgress] = useState<Progress>({})
  const [problem, setProblem] = useState<unknown>()
  const [write, setWrite] = useState<string>()
  const stop = useRef<AbortController | undefined>(undefined)
  const shown = useWrites().find(({ id }) => id === write)
  const busy = phase !== undefined && phase !== 'done'
  useEffect(() => onBusy(busy), [busy, onBusy])
  useEffect(() => () => stop.current?.abort(), [])

  const repo = `${wizard.namespace}/${wizard.name}`
  const page = wizard.type === 'dataset' ? `/datasets/${repo}` : `/${repo}`
  const lines = [
    { label: 'Publish', value: `${repo} (${counted(wizard.folder?.files.length ?? 0, 'file')})` },
    { label: 'Owner of the NFT', value: 'you' },
    { label: 'Part of each fee', value: `${wizard.price.part} %` },
    { label: 'Storage on this hub', value: '$0.00' },
    { label: 'Gas', value: '$0.00, paid by the relayer' },
    { label: 'You pay at most', value: '$0.00' },
  ]

  const start = async () => {
    const { folder, detected } = wizard
    if (!folder || !detected) return
    setProblem(undefined)
    const wallet = await activeWallet().catch(() => undefined)
    if (!wallet) return askToSignIn()
    const abort = new AbortController()
    stop.current = abort
    setPhase('hash')
    const id = saved.begin({ title: `Publish ${repo}`, lines, href: page })
    setWrite(id)
    try {
      await wizard.keep()
      await navigator.locks.request(`dehug:${id}`, () =>
        publish(
          {
            repo: RepoId.parse(repo, wizard.type),
            ...{ files: folder.files, detected, terms: termsOf(wizard.price, wallet.address) },
            readme: writeCard(wizard.readme, wizard.type, wizard.fields, wizard.body),
          },
          wallet,
          id,
          { ...watch(setPhase, setProgress), signal: abort.signal },
        ),
      )
      await dropDraft()
      saved.remove(id)
      router.push(page)
    } catch (error) {
      saved.remove(id)
      setPhase(undefined)
      if (!abort.signal.aborted) setProblem(error)
    }
  }

  return (
    <Section
      title="Publish"
      note="Hashing and sending begin at once; you sign at the end, when the hub has every byte."
    >
      <Summary lines={lines} />
      {problems.length > 0 && !busy && (
        <ul className="list-disc pl-5 text-sm text-ink-2" aria-label="Still to do">
          {problems.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
      {phase && <FileProgress files={wizard.folder?.files ?? []} phase={phase} progress={progress} />}
      {shown && (phase === 'sign' || phase === 'done') && <Steps write={shown} />}
      {problem !== undefined && <Problem error={problem} />}
      <div className="flex gap-2">
        <Button variant="primary" disabled={busy || problems.length > 0} onClick={start}>
          {busy ? 'Publishing…' : 'Sign and publish'}
        </Button>
        {busy && phase !== 'sign' && <Button onClick={() => stop.current?.abort(new Error('Stopped.'))}>Stop</Button>}
      </div>
      <p className="sr-only" aria-live="polite">
        {shown?.tx ? `Transaction ${short(shown.tx)}` : ''}
      </p>
    </Section>
  )
}

/** Bytes come by the thousand; the screen is told ten times a second. Each phase counts from zero. */
const watch = (onPhase: (phase: Phase) => void, tell: (progress: Progress) => void) => {
  let all: Record<string, number> = {}
  let due: ReturnType<typeof setTimeout> | undefined
  const onBytes = (path: string, doneBytes: number) => {
    all[path] = doneBytes
    if (due !== undefined) return
    due = setTimeout(() => {
      due = undefined
      tell({ ...all })
    }, 100)
  }
  return {
    onBytes,
    onPhase: (phase: Phase) => {
      all = {}
      tell({})
      onPhase(phase)
    },
  }
}
