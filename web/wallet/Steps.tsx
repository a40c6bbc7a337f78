import { clsx } from 'clsx'
import { Check, CircleDashed, LoaderCircle, X } from 'lucide-react'
import { Hash } from '@/components/ui/Hash.tsx'
import { Link } from '@/components/ui/Link.tsx'
import type { Line, Write } from './WriteStore.ts'
import { steps } from './writes.ts'

/** What a signature does, before it is given. */
export const Summary = ({ lines }: { lines: Line[] }) => (
  <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5 text-sm">
    {lines.map(({ label, value }) => (
      <div key={label} className="contents">
        <dt className="text-ink-2">{label}</dt>
        <dd className="num break-words font-medium">{value}</dd>
      </div>
    ))}
  </dl>
)

const order = [...steps.map(({ step }) => step), 'done'] as string[]

/** How far a write has come. */
export const Steps = ({ write }: { write: Write }) => {
  const at = write.step === 'failed' ? -1 : order.indexOf(write.step)
  return (
    <div className="grid gap-2">
      <ol className="grid gap-1.5 text-sm" aria-label="Steps">
        {steps.map(({ step, label }, i) => {
          const state = at > i ? 'done' : at === i ? 'now' : 'waits'
          return (
            <li key={step} className={clsx('flex items-center gap-2', state === 'waits' && 'text-ink-3')}>
              {state === 'done' && <Check className="size-4 text-good" aria-hidden />}
              {state === 'now' && <LoaderCircle className="size-4 motion-safe:animate-spin" aria-hidden />}
              {state === 'waits' && <CircleDashed className="size-4" aria-hidden />}
              {label}
              <span className="sr-only">{state === 'done' ? ', done' : state === 'now' ? ', under way' : ''}</span>
            </li>
          )
        })}
      </ol>
      <p role="status" className={clsx('flex items-center gap-1 text-sm', write.step === 'failed' && 'text-bad')}>
        {write.step === 'failed' && <X className="size-4 shrink-0" aria-hidden />}
        {write.step === 'failed' ? (write.problem ?? 'It failed.') : write.step === 'done' ? 'Done.' : ''}
      </p>
      {write.tx && (
        <p className="text-xs text-ink-2">
          Transaction <Hash value={write.tx} what="transaction" />
        </p>
      )}
      {write.step === 'done' && write.href && (
        <Link href={write.href} className="link text-sm">
          Open
        </Link>
      )}
    </div>
  )
}
