import { clsx } from 'clsx'
import { Link } from '@/components/ui/Link.tsx'
import { pagePath } from '@/lib/repo-path.ts'
import type { Hit } from '@/lib/types.ts'
import { HitCounts, HitFacts, HitPrice } from './HitFacts.tsx'
import { Verified } from './Verified.tsx'

type Props = {
  hits: Hit[]
  view?: 'list' | 'cards'
  /** Name of the form that the boxes for comparing belong to. */
  compare?: string
  /** What the names are in the page's outline. */
  heading?: 'h2' | 'h3'
}

/** Repositories as rows or cards. */
export const RepoList = ({ hits, view = 'list', compare, heading = 'h2' }: Props) => (
  <ul className={view === 'cards' ? 'grid gap-3 sm:grid-cols-2 xl:grid-cols-3' : 'panel divide-y divide-line'}>
    {hits.map((hit) => (
      <li
        key={`${hit.type}:${hit.id}`}
        className={clsx('relative flex gap-3 px-4', view === 'cards' ? 'panel py-3.5' : 'py-3 hover:bg-raised/60')}
      >
        {compare && <CompareBox form={compare} id={hit.id} />}
        {view === 'cards' ? <Card hit={hit} heading={heading} /> : <Row hit={hit} heading={heading} />}
      </li>
    ))}
  </ul>
)

const CompareBox = ({ form, id }: { form: string; id: string }) => (
  <label className="relative z-10 -m-2 inline-flex shrink-0 self-start p-2 pointer-coarse:p-3.5 pointer-coarse:-m-3">
    <input type="checkbox" name="id" value={id} form={form} className="mt-1 size-4 accent-accent" />
    <span className="sr-only">Compare {id}</span>
  </label>
)

type ItemProps = { hit: Hit; heading: 'h2' | 'h3' }

const Name = ({ hit, heading: Heading }: ItemProps) => (
  <Heading className="flex min-w-0 items-center gap-1.5 text-[0.9375rem]">
    <Link href={pagePath(hit.type, hit.id)} className="min-w-0 truncate after:absolute after:inset-0 hover:underline">
      <span className="text-ink-2">{hit.author}/</span>
      <span className="font-semibold">{hit.name}</span>
    </Link>
    {hit.version.anchored && <Verified />}
  </Heading>
)

/** Cards often begin with the name, which stands above already. */
const Description = ({ hit: { description, name } }: { hit: Hit }) => {
  const text = description?.startsWith(`${name} `) ? description.slice(name.length + 1) : description
  return text ? <p className="mt-0.5 line-clamp-2 text-sm text-ink-2">{text}</p> : null
}

const Row = ({ hit, heading }: ItemProps) => (
  <div className="flex min-w-0 flex-1 flex-col gap-x-6 gap-y-1.5 sm:flex-row sm:items-start">
    <div className="min-w-0 flex-1">
      <Name hit={hit} heading={heading} />
      <Description hit={hit} />
      <div className="mt-1.5">
        <HitFacts hit={hit} />
      </div>
    </div>
    <div className="flex items-center justify-between gap-4 sm:w-36 sm:flex-col sm:items-end sm:gap-1">
      <HitPrice hit={hit} />
      <HitCounts hit={hit} />
    </div>
  </div>
)

const Card = ({ hit, heading }: ItemProps) => (
  <div className="flex min-w-0 flex-1 flex-col">
    <Name hit={hit} heading={heading} />
    <Description hit={hit} />
    <div className="mt-2 mb-3">
      <HitFacts hit={hit} />
    </div>
    <div className="mt-auto flex items-center justify-between border-t border-line pt-2">
      <HitPrice hit={hit} />
      <HitCounts hit={hit} />
    </div>
  </div>
)
