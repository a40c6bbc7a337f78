'use client'
import { Plus, Share2, Square } from 'lucide-react'
import { usePathname } from 'next/navigation'
import { useEffect, useMemo, useRef, useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import { taskName } from '@/lib/tasks.ts'
import { useApiKey } from './api-key.ts'
import { type Draft, exampleOf, requestOf, type Shared, shareQuery } from './draft.ts'
import { GetCode } from './GetCode.tsx'
import { KeyBar } from './KeyBar.tsx'
import { useWriting, wayBack } from './kept-draft.ts'
import { type ColumnHandle, ModelColumn } from './ModelColumn.tsx'
import type { RunModel } from './model.ts'
import { OfflineNote } from './OfflineNote.tsx'
import { RequestForm } from './RequestForm.tsx'
import { TotalQuote } from './TotalQuote.tsx'
import type { Quote } from './use-run.ts'

export type PlaygroundProps = {
  /** Everything that is served now. */
  models: RunModel[]
  shared: Shared
  /** Of a model's own page: it cannot be changed, only compared. */
  fixed?: string
}

const mostColumns = 4

/** Asks one to four models of a task the same thing: price first, then the answers as they are written, then the receipts. */
export const Playground = ({ models, shared, fixed }: PlaygroundProps) => {
  const first = models.find(({ id }) => id === (fixed ?? shared.models[0])) ?? models[0]
  const task = first?.task ?? 'text-generation'
  const peers = useMemo(() => models.filter((model) => model.task === task), [models, task])
  const [{ ids, draft, where }, set] = useWriting(
    () => ({
      ids: initialIds(first, shared, peers),
      draft: { ...shared.draft, text: shared.draft.text || exampleOf(task) },
      where: shared.where,
    }),
    (kept) => initialIds(fixed === undefined ? undefined : first, { models: kept }, peers),
  )
  const [quotes, setQuotes] = useState<Record<string, Quote>>({})
  const [busy, setBusy] = useState(0)
  const columns = useRef(new Map<string, ColumnHandle>())
  const key = useApiKey()
  const back = wayBack(usePathname(), ids)
  const request = useMemo(() => requestOf(task, draft), [task, draft])
  const shown = ids.map((id) => quotes[id] ?? { kind: 'none' as const })
  const priced = where === 'browser' || shown.every(({ kind }) => kind === 'quoted')
  const ready = request !== undefined && priced && (where === 'browser' || key !== undefined) && busy === 0

  const onRun = async () => {
    if (!ready) return
    setBusy((count) => count + 1)
    await Promise.all(ids.map((id) => columns.current.get(id)?.start()))
    setBusy((count) => count - 1)
  }
  const onStop = () => {
    for (const column of columns.current.values()) column.stop()
  }
  const next = peers.find(({ id }) => !ids.includes(id))

  return (
    <div className="grid gap-5 lg:grid-cols-[22rem_minmax(0,1fr)]">
      <form
        className="panel h-fit space-y-4 p-4"
        onSubmit={(event) => {
          event.preventDefault()
          void onRun()
        }}
      >
        <Where value={where} onChange={(where) => set({ where })} />
        <RequestForm task={task} draft={draft} onChange={(draft) => set({ draft })} onSubmit={onRun} />
        {where === 'provider' && <KeyBar apiKey={key} back={back} />}
        <TotalQuote quotes={shown} free={where === 'browser'} />
        {where === 'browser' && <OfflineNote />}
        <div className="flex flex-wrap gap-2">
          <Button type="submit" variant="primary" disabled={!ready}>
            {busy > 0 ? 'Running…' : 'Run'}
          </Button>
          {busy > 0 && (
            <Button onClick={onStop}>
              <Square aria-hidden /> Stop
            </Button>
          )}
          <ShareButton ids={ids} draft={draft} where={where} />
        </div>
      </form>
      <div className="min-w-0 space-y-4">
        <div className={ids.length > 1 ? 'grid gap-4 xl:grid-cols-2' : 'grid gap-4'}>
          {ids.map((id, i) => (
            <ModelColumn
              key={id}
              ref={(handle) => {
                if (handle) columns.current.set(id, handle)
                else columns.current.delete(id)
              }}
              model={peers.find((model) => model.id === id) ?? { id, task, offers: [] }}
              choices={peers.filter((peer) => peer.id === id || !ids.includes(peer.id)).map((peer) => peer.id)}
              request={request}
              where={where}
              apiKey={key}
              back={back}
              locked={i === 0 && fixed !== undefined}
              onChoose={(other) => set({ ids: ids.map((one) => (one === id ? other : one)) })}
              onRemove={
                ids.length > 1 && !(i === 0 && fixed) ? () => set({ ids: ids.filter((one) => one !== id) }) : undefined
              }
              onQuote={(quote) => setQuotes((now) => ({ ...now, [id]: quote }))}
            />
          ))}
        </div>
        {ids.length < mostColumns && next && (
          <Button onClick={() => set({ ids: [...ids, next.id] })}>
            <Plus aria-hidden /> Compare with another {taskName(task).toLowerCase()} model
          </Button>
        )}
        {request && first && <GetCode model={ids[0] ?? first.id} request={request} />}
      </div>
    </div>
  )
}

/** The first one, and what a link or a kept draft names beside it. */
const initialIds = (first: RunModel | undefined, { models }: { models: string[] }, peers: RunModel[]): string[] => {
  const known = models.filter((id) => peers.some((peer) => peer.id === id))
  return [...new Set([...(first ? [first.id] : []), ...known])].slice(0, mostColumns)
}

const places = [
  { value: 'provider', label: 'A provider', note: 'paid, with a receipt' },
  { value: 'browser', label: 'This browser', note: 'free, checked files' },
] as const

const Where = ({ value, onChange }: { value: Shared['where']; onChange: (value: Shared['where']) => void }) => (
  <fieldset>
    <legend className="mb-1.5 text-sm font-medium">Where it runs</legend>
    <div className="grid grid-cols-2 gap-2">
      {places.map((place) => (
        <label
          key={place.value}
          className="touch flex cursor-pointer items-start gap-2 rounded-md border border-line-strong p-2 text-sm has-checked:border-accent has-checked:bg-accent-soft"
        >
          <input
            type="radio"
            name="where"
            value={place.value}
            checked={value === place.value}
            onChange={() => onChange(place.value)}
            className="mt-1 accent-[var(--accent)]"
          />
          <span>
            {place.label}
            <span className="block text-xs text-ink-2">{place.note}</span>
          </span>
        </label>
      ))}
    </div>
  </fieldset>
)

const ShareButton = ({ ids, draft, where }: { ids: string[]; draft: Draft; where: Shared['where'] }) => {
  const [said, setSaid] = useState('')
  useEffect(() => {
    if (!said) return
    const timer = setTimeout(() => setSaid(''), 2000)
    return () => clearTimeout(timer)
  }, [said])
  const share = async () => {
    const link = `${location.origin}/playground?${shareQuery(ids, draft, where)}`
    await navigator.clipboard.writeText(link).then(
      () => setSaid('Link copied'),
      () => setSaid(link),
    )
  }
  return (
    <>
      <Button onClick={share}>
        <Share2 aria-hidden /> Share
      </Button>
      <span role="status" className="self-center text-xs text-ink-2">
        {said}
      </span>
    </>
  )
}
