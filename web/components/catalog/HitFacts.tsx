import { ArrowDownToLine, Heart, Lock } from 'lucide-react'
import { Badge, TimeAgo } from '@/components/ui/index.ts'
import { compact, counted, usd } from '@/lib/format.ts'
import { taskName } from '@/lib/tasks.ts'
import type { Hit } from '@/lib/types.ts'

/** The labels of a repository in a list. */
export const HitFacts = ({ hit }: { hit: Hit }) => (
  <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1 text-xs text-ink-2">
    {hit.task && <Badge tone="accent">{taskName(hit.task)}</Badge>}
    {hit.parameters ? <span className="num">{compact(hit.parameters)} params</span> : null}
    {hit.quantization && <span>{hit.quantization}</span>}
    {hit.license && <span>{hit.license}</span>}
    {hit.library && <span>{hit.library}</span>}
    {hit.gated && <Badge tone="warn">Gated</Badge>}
    {hit.private && (
      <Badge>
        <Lock aria-hidden /> Private
      </Badge>
    )}
    {hit.forkRoyaltyBps ? <span>{hit.forkRoyaltyBps / 100} % to ancestors</span> : null}
    <span className="text-ink-3">
      updated <TimeAgo at={hit.updatedAt} />
    </span>
  </div>
)

/** Downloads and likes. */
export const HitCounts = ({ hit }: { hit: Hit }) => (
  <span className="num flex items-center gap-3 text-xs text-ink-2">
    <span className="inline-flex items-center gap-1" title={`${hit.downloads} downloads`}>
      <ArrowDownToLine className="size-3.5" aria-hidden />
      <span className="sr-only">downloads </span>
      {compact(hit.downloads)}
    </span>
    <span className="inline-flex items-center gap-1" title={counted(hit.likes, 'like')}>
      <Heart className="size-3.5" aria-hidden />
      <span className="sr-only">likes </span>
      {compact(hit.likes)}
    </span>
  </span>
)

/** The lowest price of an offer, or that nobody serves it. */
export const HitPrice = ({ hit }: { hit: Hit }) => {
  if (hit.type !== 'model') return null
  if (!hit.price) return <span className="text-xs text-ink-3">Not served now</span>
  return (
    <span className="text-xs text-ink-2">
      <span className="num text-sm font-medium text-ink">{usd(hit.price.from)}</span> / 1M out
    </span>
  )
}
