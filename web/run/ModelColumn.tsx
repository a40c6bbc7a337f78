'use client'
import type { EngineRequest } from 'dehug/core'
import { X } from 'lucide-react'
import { type Ref, useEffect, useImperativeHandle } from 'react'
import { Money } from '@/components/ui/Figures.tsx'
import { Link } from '@/components/ui/Link.tsx'
import { Select } from '@/components/ui/Select.tsx'
import { AnswerView } from './AnswerView.tsx'
import { FailureNote } from './FailureNote.tsx'
import type { RunModel } from './model.ts'
import { ReceiptChip } from './ReceiptChip.tsx'
import { type Quote, type Run, useQuote, useRun } from './use-run.ts'

export type ColumnHandle = { start: () => Promise<void>; stop: () => void }

export type ModelColumnProps = {
  ref: Ref<ColumnHandle>
  model: RunModel
  choices: string[]
  request: EngineRequest.EngineRequest | undefined
  where: 'provider' | 'browser'
  apiKey: string | undefined
  /** The address that brings back what is written here. */
  back: string
  /** The model of the page itself. */
  locked: boolean
  onChoose: (id: string) => void
  onRemove: (() => void) | undefined
  onQuote: (quote: Quote) => void
}

/** One model: its price, its answer, its receipt. */
export const ModelColumn = ({ ref, model, request, where, apiKey, back, onQuote, ...look }: ModelColumnProps) => {
  const quote = useQuote(model.id, request, where === 'browser')
  const { run, start, stop } = useRun()
  useEffect(() => onQuote(quote), [quote])
  useImperativeHandle(ref, () => ({
    start: async () => {
      if (request) await start({ model: model.id, request, where, apiKey })
    },
    stop,
  }))
  return (
    <section aria-label={model.id} className="panel flex min-w-0 flex-col">
      <ColumnHead model={model} quote={quote} {...look} />
      <div className="min-h-40 flex-1 p-4" aria-live="polite" aria-busy={run.kind === 'running'}>
        <RunView run={run} quote={quote} request={request} model={model.id} back={back} />
      </div>
    </section>
  )
}

type HeadProps = Pick<ModelColumnProps, 'model' | 'choices' | 'locked' | 'onChoose' | 'onRemove'> & { quote: Quote }

const ColumnHead = ({ model, choices, locked, onChoose, onRemove, quote }: HeadProps) => (
  <header className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2">
    {locked || choices.length < 2 ? (
      <h2 className="min-w-0 truncate text-sm font-semibold">
        <Link href={`/${model.id}`} className="hover:underline">
          {model.id}
        </Link>
      </h2>
    ) : (
      <Select
        aria-label="Model"
        value={model.id}
        onChange={(event) => onChoose(event.target.value)}
        options={choices.map((id) => ({ value: id, label: id }))}
      />
    )}
    <span className="ml-auto text-xs text-ink-2">
      {quote.kind === 'quoted' && (
        <>
          at most <Money micro={quote.maxFee} />
        </>
      )}
      {quote.kind === 'free' && 'free'}
    </span>
    {onRemove && (
      <button
        type="button"
        onClick={onRemove}
        className="touch inline-flex size-7 items-center justify-center rounded-md text-ink-3 hover:bg-raised hover:text-ink"
      >
        <X className="size-4" aria-hidden />
        <span className="sr-only">Remove {model.id}</span>
      </button>
    )}
  </header>
)

type RunViewProps = {
  run: Run
  quote: Quote
  request: EngineRequest.EngineRequest | undefined
  model: string
  back: string
}

const RunView = ({ run, quote, request, model, back }: RunViewProps) => {
  if (run.kind === 'idle' && quote.kind === 'refused') return <FailureNote failure={quote.failure} back={back} />
  if (run.kind === 'idle') return <p className="text-sm text-ink-2">The answer of {model} appears here.</p>
  if (run.kind === 'running') {
    return (
      <>
        {run.note && <p className="text-sm text-ink-2">{run.note}…</p>}
        <p className="whitespace-pre-wrap break-words" data-testid="answer">
          {run.text}
          <span className="motion-safe:animate-pulse" aria-hidden>
            ▍
          </span>
        </p>
      </>
    )
  }
  if (run.kind === 'failed') {
    return (
      <>
        {run.text && <p className="mb-3 whitespace-pre-wrap break-words">{run.text}</p>}
        <FailureNote failure={run.failure} back={back} />
      </>
    )
  }
  return (
    <>
      <AnswerView answer={run.answer} request={request} />
      <footer className="mt-4 flex flex-wrap items-center gap-x-4 gap-y-2 border-t border-line pt-3 text-xs text-ink-2">
        {run.receipt ? <ReceiptChip receipt={run.receipt} /> : <span>Ran on this machine: no provider, no fee.</span>}
        <span className="num">
          {Math.round(run.ms)} ms{run.firstMs !== undefined && `, first word after ${Math.round(run.firstMs)} ms`}
        </span>
      </footer>
    </>
  )
}
