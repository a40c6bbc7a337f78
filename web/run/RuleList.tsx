import type { Rule } from 'dehug/sdk/web'
import { CircleCheck, CircleX } from 'lucide-react'

/** What was checked, each with its outcome in words. */
export const RuleList = ({ rules }: { rules: Rule[] }) => (
  <ul className="grid gap-x-6 gap-y-1 text-sm sm:grid-cols-2" data-testid="rules">
    {rules.map(({ name, holds }) => (
      <li key={name} className="flex items-start gap-1.5">
        {holds ? (
          <CircleCheck className="mt-0.5 size-4 shrink-0 text-good" aria-hidden />
        ) : (
          <CircleX className="mt-0.5 size-4 shrink-0 text-bad" aria-hidden />
        )}
        <span className={holds ? undefined : 'font-medium text-bad'}>
          <span className="sr-only">{holds ? 'Holds: ' : 'Does not hold: '}</span>
          {name}
        </span>
      </li>
    ))}
  </ul>
)
