import type { Offers, Search } from '../../../catalog/index.ts'
import { SearchWire } from '../../../wire/index.ts'

const maxValues = 50

/** The values that the repositories found have, the most frequent first; those that were chosen are always there. */
export const showFacets = (
  { counts, served, total }: Search.Found,
  asked: SearchWire.SearchQuery,
  offers: Offers.Offers,
): SearchWire.Facets => {
  const all = new Map([...counts, ...providersOf(served, offers)])
  const one = (name: (typeof SearchWire.facetNames)[number]) => valuesOf(all, name, chosen(asked, name))
  return {
    ...(Object.fromEntries(SearchWire.facetNames.map((name) => [name, one(name)])) as Omit<SearchWire.Facets, 'exact'>),
    exact: total.exact,
  }
}

const chosen = (asked: SearchWire.SearchQuery, name: (typeof SearchWire.facetNames)[number]): string[] =>
  [asked[name]].flat().filter((value) => value !== undefined)

const valuesOf = (counts: Map<string, number>, name: string, selected: string[]) => {
  const prefix = `${name}:`
  const found = new Map<string, number>(selected.map((value) => [value, 0]))
  for (const [facet, count] of counts) if (facet.startsWith(prefix)) found.set(facet.slice(prefix.length), count)
  return [...found]
    .map(([value, count]) => ({ value, count, selected: selected.includes(value) }))
    .sort((a, b) => Number(b.selected) - Number(a.selected) || b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, maxValues)
}

const providersOf = (served: readonly string[], offers: Offers.Offers): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const key of served) {
    for (const provider of new Set((offers.get(key) ?? []).map(({ provider: address }) => address))) {
      counts.set(`provider:${provider}`, (counts.get(`provider:${provider}`) ?? 0) + 1)
    }
  }
  return counts
}
