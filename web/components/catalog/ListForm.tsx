import { Search, X } from 'lucide-react'
import { buttonClass, Select } from '@/components/ui/index.ts'
import { Link } from '@/components/ui/Link.tsx'
import type { Query } from '@/lib/list-query.ts'
import { SubmitOnChange } from './SubmitOnChange.tsx'

const sorts = [
  { value: 'trending', label: 'Trending' },
  { value: 'downloads', label: 'Most downloads' },
  { value: 'likes', label: 'Most likes' },
  { value: 'created', label: 'Newest' },
  { value: 'updated', label: 'Recently updated' },
]
const ofModels = { value: 'price', label: 'Lowest price' }
const ofSearches = { value: 'relevance', label: 'Best match' }

/** Words and order of a list, and the filters that are set: a plain form. */
export const ListForm = ({ query, sort }: { query: Query; sort: string | undefined }) => {
  const options = [...(query.text ? [ofSearches] : []), ...sorts, ...(query.type === 'model' ? [ofModels] : [])]
  return (
    <>
      <form action={query.path} className="mt-3 flex flex-wrap gap-2">
        <div className="relative min-w-48 flex-1">
          <Search
            className="pointer-events-none absolute left-2.5 top-1/2 size-4 -translate-y-1/2 text-ink-3"
            aria-hidden
          />
          <input
            type="search"
            name="search"
            defaultValue={query.text}
            aria-label="Words"
            placeholder={query.type === 'model' ? 'Name, task, or what it should do' : 'Name or content'}
            className="field !pl-8"
          />
        </div>
        <SubmitOnChange>
          <Select name="sort" aria-label="Order" options={options} defaultValue={query.sort ?? sort} />
        </SubmitOnChange>
        {query.set.map(({ filter, value }) => (
          <input key={`${filter}=${value}`} type="hidden" name={filter} value={value} />
        ))}
        {query.view === 'cards' && <input type="hidden" name="view" value="cards" />}
        <button type="submit" className={buttonClass()}>
          Search
        </button>
      </form>
      {query.set.length > 0 && (
        <ul aria-label="Filters that are set" className="mt-2 flex flex-wrap gap-1.5">
          {query.set.map(({ filter, value }) => (
            <li key={`${filter}=${value}`}>
              <Link
                href={query.toggle(filter, value)}
                className="touch inline-flex items-center gap-1 rounded-full bg-accent-soft px-2.5 py-0.5 text-xs font-medium text-accent hover:underline"
              >
                <span className="sr-only">Remove </span>
                {filter}: {value} <X className="size-3" aria-hidden />
              </Link>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
