import { Link } from '@/components/ui/Link.tsx'
import { HubError } from '@/lib/HubError.ts'
import { attempt, get } from '@/lib/hub.ts'
import { pagePath } from '@/lib/repo-path.ts'
import { taskName } from '@/lib/tasks.ts'
import type { Hit } from '@/lib/types.ts'

/** Models like this one. */
export const Similar = async ({ id }: { id: string }) => {
  const found = await attempt(get<{ hits: Hit[] }>(`/api/dehug/models/${id}/similar?limit=5`, { as: 'visitor' }))
  if (found instanceof HubError || found.hits.length === 0) return null
  return (
    <section aria-labelledby="similar">
      <h2 id="similar" className="text-xs text-ink-3">
        Similar models
      </h2>
      <ul className="mt-0.5 flex flex-col gap-1">
        {found.hits.map((hit) => (
          <li key={hit.id} className="min-w-0">
            <Link href={pagePath('model', hit.id)} className="link block truncate">
              {hit.id}
            </Link>
            {hit.task && <span className="text-xs text-ink-2">{taskName(hit.task)}</span>}
          </li>
        ))}
      </ul>
    </section>
  )
}
