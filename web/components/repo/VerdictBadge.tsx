import { Badge } from '@/components/ui/index.ts'
import type { Verdict } from '@/lib/types.ts'

const looks = {
  allowed: { tone: 'good', text: 'Compatible' },
  unclear: { tone: 'warn', text: 'Unclear' },
  denied: { tone: 'bad', text: 'In conflict' },
} as const

/** Whether a license may follow from the licenses of what a work was made from. */
export const VerdictBadge = ({ verdict }: { verdict: Verdict }) => (
  <Badge tone={looks[verdict].tone}>{looks[verdict].text}</Badge>
)
