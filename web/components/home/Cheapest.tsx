import { EmptyState } from '@/components/ui/index.ts'
import { Link } from '@/components/ui/Link.tsx'
import { usd } from '@/lib/format.ts'
import { HubError } from '@/lib/HubError.ts'
import { attempt, get } from '@/lib/hub.ts'
import { pagePath } from '@/lib/repo-path.ts'
import { taskName } from '@/lib/tasks.ts'
import type { Found, Hit } from '@/lib/types.ts'

const most = 8

/** For each task the model with the lowest offer right now. */
export const Cheapest = async () => {
  const found = await attempt(get<Found>('/api/dehug/search?provider=any&sort=price&limit=100'))
  const hits = found instanceof HubError ? [] : cheapestPerTask(found.hits)
  if (hits.length === 0) {
    return <EmptyState title="No provider serves a model right now">Serve one and its price stands here.</EmptyState>
  }
  return (
    <ul className="panel divide-y divide-line">
      {hits.map((hit) => (
        <li key={hit.task} className="relative flex items-center justify-between gap-4 px-4 py-2.5 hover:bg-raised/60">
          <div className="min-w-0">
            <p className="text-xs text-ink-3">{taskName(hit.task ?? '')}</p>
            <Link
              href={`${pagePath(hit.type, hit.id)}/providers`}
              className="block truncate text-sm font-medium after:absolute after:inset-0 hover:underline"
            >
              {hit.id}
            </Link>
          </div>
          <p className="shrink-0 text-right text-xs text-ink-3">
            <span className="num block text-sm font-medium text-ink">{usd(hit.price?.from ?? 0)}</span>
            1M out
          </p>
        </li>
      ))}
    </ul>
  )
}

const cheapestPerTask = (hits: Hit[]): Hit[] => {
  const best = new Map<string, Hit>()
  for (const hit of hits) if (hit.task && hit.price && !best.has(hit.task)) best.set(hit.task, hit)
  return [...best.values()].slice(0, most)
}
