import { all, href, one, type SearchParams } from './search-params.ts'
import type { RepoType } from './types.ts'

/** Filters that the search understands, each may stand there several times. */
export const filters = [
  ...['task', 'license', 'library', 'language', 'tag', 'author', 'size', 'quantization', 'dtype'],
  ...['priceMax', 'verified', 'provider', 'gated', 'forkRoyalty'],
] as const

const kept = ['search', 'sort', 'view', ...filters]

/** What a list page was asked for, and links to other such pages. */
export type Query = {
  type: RepoType
  path: string
  text: string | undefined
  sort: string | undefined
  view: 'list' | 'cards'
  cursor: string | undefined
  values: (filter: string) => string[]
  /** Every filter that is set, one by one. */
  set: { filter: string; value: string }[]
  toggle: (filter: string, value: string, how?: 'single' | 'several') => string
  change: (change: Record<string, string | undefined>) => string
  /** The request to the hub. */
  api: string
}

const pageSize = 30

/** Reads the query of a list page. */
export const listQuery = (type: RepoType, params: Awaited<SearchParams>): Query => {
  const path = `/${type}s`
  const text = one(params, 'search') ?? one(params, 'q')
  const now = Object.fromEntries(kept.map((name) => [name, all(params, name)]))
  now.search = text ? [text] : []
  const values = (filter: string) => now[filter] ?? []
  const toggle = (filter: string, value: string, how: 'single' | 'several' = 'several') => {
    const there = values(filter)
    const rest = how === 'single' ? [] : there.filter((other) => other !== value)
    return href(path, now, { [filter]: there.includes(value) ? rest : [...rest, value] })
  }
  return {
    ...{ type, path, text, values, toggle },
    sort: one(params, 'sort'),
    view: one(params, 'view') === 'cards' ? 'cards' : 'list',
    cursor: one(params, 'cursor'),
    set: filters.flatMap((filter) => values(filter).map((value) => ({ filter, value }))),
    change: (change) => href(path, now, change),
    api: href(
      '/api/dehug/search',
      { ...now, search: undefined, view: undefined, q: text, type, limit: String(pageSize), facets: 'true' },
      { cursor: one(params, 'cursor') },
    ),
  }
}
