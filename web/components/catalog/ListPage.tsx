import { LayoutGrid, List, SlidersHorizontal } from 'lucide-react'
import { buttonClass, EmptyState, ErrorState, LinkButton } from '@/components/ui/index.ts'
import { Link } from '@/components/ui/Link.tsx'
import { integer } from '@/lib/format.ts'
import { HubError } from '@/lib/HubError.ts'
import { attempt, get } from '@/lib/hub.ts'
import { listQuery, type Query } from '@/lib/list-query.ts'
import type { SearchParams } from '@/lib/search-params.ts'
import type { Found, RepoType } from '@/lib/types.ts'
import { Facets } from './Facets.tsx'
import { ListForm } from './ListForm.tsx'
import { RepoList } from './RepoList.tsx'
import { SavedSearches } from './SavedSearches.tsx'

const compareForm = 'compare'

/** The list of models or of data sets with its facets. */
export const ListPage = async ({ type, params }: { type: RepoType; params: SearchParams }) => {
  const query = listQuery(type, await params)
  const found = await attempt(get<Found>(query.api, { as: 'visitor' }))
  const filters = <Filters query={query} found={found} />
  return (
    <div className="page grid gap-x-8 py-6 lg:grid-cols-[15rem_minmax(0,1fr)]">
      <aside aria-label="Filters" className="hidden lg:block">
        {filters}
      </aside>
      <div className="min-w-0">
        <div className="flex flex-wrap items-baseline gap-x-3">
          <h1 className="text-xl font-semibold">{type === 'model' ? 'Models' : 'Datasets'}</h1>
          {!(found instanceof HubError) && <Total found={found} />}
        </div>
        <ListForm query={query} sort={found instanceof HubError ? undefined : found.sort} />
        <details className="mt-3 lg:hidden">
          <summary className={buttonClass({}, 'w-full')}>
            <SlidersHorizontal aria-hidden /> Filters {query.set.length > 0 && `(${query.set.length})`}
          </summary>
          <div className="panel mt-2 p-4">{filters}</div>
        </details>
        <Results query={query} found={found} />
      </div>
    </div>
  )
}

const Total = ({ found: { total } }: { found: Found }) => (
  <p className="num text-sm text-ink-2">
    {total.exact ? '' : 'at least '}
    {integer(total.count)}
  </p>
)

const Filters = ({ query, found }: { query: Query; found: Found | HubError }) => {
  if (found instanceof HubError) return null
  return (
    <>
      <Facets query={query} facets={found.facets} />
      <SavedSearches path={query.path} current={query.change({})} name={nameOf(query)} />
    </>
  )
}

const nameOf = ({ text, set }: Query): string => [text, ...set.map(({ value }) => value)].filter(Boolean).join(' · ')

const Results = ({ query, found }: { query: Query; found: Found | HubError }) => {
  if (found instanceof HubError) {
    return (
      <div className="mt-4">
        <ErrorState title={found.message} action={<LinkButton href={query.path}>Start again</LinkButton>}>
          {found.hint}
        </ErrorState>
      </div>
    )
  }
  if (found.hits.length === 0) return <NothingFound query={query} />
  return (
    <>
      {found.corrected && (
        <p className="mt-3 text-sm text-ink-2">
          Nothing has exactly “{query.text}”. These are results for <strong>{found.corrected}</strong>.
        </p>
      )}
      <div className="my-2 flex justify-end gap-1">
        <ViewLinks query={query} />
      </div>
      <RepoList hits={found.hits} view={query.view} compare={query.type === 'model' ? compareForm : undefined} />
      {query.type === 'model' && <CompareTray />}
      <nav aria-label="Pages" className="mt-4 flex justify-end gap-2">
        {query.cursor && <LinkButton href={query.change({})}>First page</LinkButton>}
        {found.next && <LinkButton href={query.change({ cursor: found.next })}>Next page</LinkButton>}
      </nav>
    </>
  )
}

const NothingFound = ({ query }: { query: Query }) => (
  <div className="mt-4">
    <EmptyState
      title={query.text || query.set.length > 0 ? 'Nothing matches' : 'Nothing is published yet'}
      action={
        query.set.length > 0 ? (
          <LinkButton href={query.text ? `${query.path}?search=${encodeURIComponent(query.text)}` : query.path}>
            Remove the filters
          </LinkButton>
        ) : (
          <LinkButton href="/new">Publish</LinkButton>
        )
      }
    >
      {query.text && <p>Try fewer words, or describe what it should do.</p>}
    </EmptyState>
  </div>
)

const ViewLinks = ({ query }: { query: Query }) => (
  <>
    {(['list', 'cards'] as const).map((view) => (
      <Link
        key={view}
        href={query.change({ view: view === 'cards' ? view : undefined })}
        aria-current={query.view === view ? 'true' : undefined}
        className={buttonClass({ variant: 'ghost', size: 'sm' }, query.view === view ? 'bg-raised' : '')}
      >
        {view === 'list' ? <List aria-hidden /> : <LayoutGrid aria-hidden />}
        <span className="sr-only">{view === 'list' ? 'As a list' : 'As cards'}</span>
      </Link>
    ))}
  </>
)

/** Appears as soon as a box is ticked. */
const CompareTray = () => (
  <form
    id={compareForm}
    action="/compare"
    className="compare-tray sticky bottom-16 z-30 mt-3 items-center justify-between gap-3 rounded-lg border border-line-strong bg-surface px-4 py-2.5 shadow-lg lg:bottom-3"
  >
    <p className="text-sm text-ink-2">Side by side: card facts, price, speed and license.</p>
    <button type="submit" className={buttonClass({ variant: 'primary' })}>
      Compare
    </button>
  </form>
)
