import { clsx } from 'clsx'
import { BadgeCheck, TriangleAlert } from 'lucide-react'

/** The outcome of a check in one sentence. */
export const Verdict = ({ holds, good, bad }: { holds: boolean; good: string; bad: string }) => {
  const Icon = holds ? BadgeCheck : TriangleAlert
  return (
    <p
      data-testid="verdict"
      className={clsx(
        'flex items-center gap-2 rounded-md px-3 py-2 text-sm font-medium',
        holds ? 'bg-good-soft text-good' : 'bg-bad-soft text-bad',
      )}
    >
      <Icon className="size-4 shrink-0" aria-hidden />
      {holds ? good : bad}
    </p>
  )
}
