import { clsx } from 'clsx'
import { Check, ChevronRight } from 'lucide-react'
import { Link } from '@/components/ui/Link.tsx'
import { compact, short, usd } from '@/lib/format.ts'
import type { Query } from '@/lib/list-query.ts'
import { taskName } from '@/lib/tasks.ts'
import type { Facet, RepoType } from '@/lib/types.ts'

type Group = { name: string; title: string; only?: RepoType; label?: (value: string) => string }

const sizes: Record<string, string> = {
  lt100M: 'Up to 100M',
  '100M-1B': '100M – 1B',
  '1B-4B': '1B – 4B',
  '4B-10B': '4B – 10B',
  '10B-40B': '10B – 40B',
  gt40B: 'Over 40B',
  unknown: 'Not known',
}

const groups: Group[] = [
  { name: 'task', title: 'Task', label: taskName },
  { name: 'verified', title: 'Verified', label: (value) => (value === 'true' ? 'Anchored on chain' : 'Not anchored') },
  { name: 'provider', title: 'Provider', only: 'model', label: (value) => (value === 'any' ? 'Any' : short(value)) },
  { name: 'library', title: 'Library' },
  { name: 'license', title: 'License' },
  { name: 'size', title: 'Parameters', only: 'model', label: (value) => sizes[value] ?? value },
  { name: 'quantization', title: 'Quantization', only: 'model' },
  { name: 'dtype', title: 'Precision', only: 'model' },
  { name: 'language', title: 'Language' },
  {
    name: 'forkRoyalty',
    title: 'Fork royalty',
    only: 'model',
    label: (value) => ({ none: 'None', low: 'Up to 5 %', high: 'Over 5 %' })[value] ?? value,
  },
  { name: 'gated', title: 'Access', label: (value) => (value === 'true' ? 'Gated' : 'Open') },
]

const shownAtOnce = 8
const prices = [100_000, 500_000, 1_000_000, 5_000_000]

type Props = { query: Query; facets: Record<string, Facet[]> | null }

/** What the list can be narrowed by: links, so that they work everywhere and can be shared. */
export const Facets = ({ query, facets }: Props) => (
  <div className="flex flex-col gap-5">
    {groups.map((group) => (
      <FacetGroup key={group.name} group={group} query={query} values={facets?.[group.name] ?? []} />
    ))}
    {query.type === 'model' && <Prices query={query} />}
  </div>
)

const FacetGroup = ({ group, query, values }: { group: Group; query: Query; values: Facet[] }) => {
  if ((group.only && group.only !== query.type) || values.length === 0) return null
  const sorted = [...values].sort((a, b) => Number(b.selected) - Number(a.selected))
  const items = (part: Facet[]) =>
    part.map((facet) => (
      <FacetLink
        key={facet.value}
        href={query.toggle(group.name, facet.value)}
        selected={facet.selected}
        label={group.label?.(facet.value) ?? facet.value}
        count={facet.count}
      />
    ))
  return (
    <section aria-label={group.title}>
      <h2 className="mb-1 text-xs font-medium text-ink-3">{group.title}</h2>
      <ul>{items(sorted.slice(0, shownAtOnce))}</ul>
      {sorted.length > shownAtOnce && (
        <details className="group">
          <summary className="touch flex items-center gap-1 py-1 text-xs text-ink-2 hover:text-ink">
            <ChevronRight className="size-3.5 transition-transform group-open:rotate-90" aria-hidden />
            {sorted.length - shownAtOnce} more
          </summary>
          <ul>{items(sorted.slice(shownAtOnce))}</ul>
        </details>
      )}
    </section>
  )
}

const Prices = ({ query }: { query: Query }) => (
  <section aria-label="Price">
    <h2 className="mb-1 text-xs font-medium text-ink-3">Price of 1M output units</h2>
    <ul>
      {prices.map((price) => (
        <FacetLink
          key={price}
          href={query.toggle('priceMax', String(price), 'single')}
          selected={query.values('priceMax').includes(String(price))}
          label={`Up to ${usd(price)}`}
        />
      ))}
    </ul>
  </section>
)

type LinkProps = { href: string; selected: boolean; label: string; count?: number }

const FacetLink = ({ href, selected, label, count }: LinkProps) => (
  <li>
    <Link
      href={href}
      rel="nofollow"
      aria-current={selected ? 'true' : undefined}
      className={clsx(
        'touch -mx-1.5 flex items-center gap-2 rounded-md px-1.5 py-1 text-sm hover:bg-raised',
        selected ? 'font-medium text-ink' : 'text-ink-2',
      )}
    >
      <span
        aria-hidden
        className={clsx(
          'flex size-4 shrink-0 items-center justify-center rounded-sm border',
          selected ? 'border-accent bg-accent text-on-accent' : 'border-line-strong',
        )}
      >
        {selected && <Check className="size-3" />}
      </span>
      <span className="min-w-0 flex-1 truncate">{label}</span>
      {count !== undefined && <span className="num text-xs text-ink-3">{compact(count)}</span>}
    </Link>
  </li>
)
