import { TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'

type Told = { message?: string; shortMessage?: string; hint?: string; code?: unknown }

/** What went wrong, in a sentence with a way out. */
export const Problem = ({ error, children }: { error: unknown; children?: ReactNode }) => {
  const { message, shortMessage, hint, code } = (error ?? {}) as Told
  const refused = code === 4001 || /user rejected|denied/i.test(message ?? '')
  return (
    <div role="alert" className="flex gap-2 rounded-md bg-bad-soft px-3 py-2 text-sm">
      <TriangleAlert className="mt-0.5 size-4 shrink-0 text-bad" aria-hidden />
      <div className="min-w-0">
        <p className="break-words">
          {refused ? 'You refused in the wallet.' : (shortMessage ?? message ?? 'It failed.')}
        </p>
        {hint && !refused && <p className="text-ink-2">{hint}</p>}
        {children}
      </div>
    </div>
  )
}
