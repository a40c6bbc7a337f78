import type { SQL } from 'drizzle-orm'
import { LRUCache } from 'lru-cache'
import { DehugError } from '../../core/index.ts'
import type { Db } from '../database.ts'
import { BadCursor } from '../RepoList.ts'
import type { Holder } from '../Token.ts'
import * as FrequentWords from './FrequentWords.ts'
import * as Matches from './Matches.ts'
import type { Meanings } from './Meanings.ts'
import * as SearchOrder from './SearchOrder.ts'
import * as SearchQuery from './SearchQuery.ts'
import * as Semantic from './Semantic.ts'
import * as Spelling from './Spelling.ts'
import * as Terms from './Terms.ts'
import * as Typos from './Typos.ts'

export type Sort = Matches.Wish['sort']
export type Mode = 'text' | 'typo' | 'semantic'

export type Request = {
  /** As it was typed. */
  text: string
  query: Omit<SearchQuery.SearchQuery, 'terms' | 'whole'>
  /** Undefined: by relevance where there are words, else by activity. */
  sort: Sort | undefined
  mode: Mode | 'auto'
  facets: boolean
  cursor: string | undefined
  limit: number
  /** Of what is served, by key. */
  prices: Matches.Prices
  /** Where meanings are compared. */
  meanings: Meanings | undefined
}

export type Found = Omit<Matches.Found, 'matches'> & {
  matches: { id: string; by: Mode }[]
  next: string | null
  modes: Mode[]
  corrected: string | null
  sort: Sort
}

/** Below this full text finds too little, and another spelling that finds more is taken. */
const few = 3
const sorts = ['trending', 'downloads', 'likes', 'created', 'updated', 'price', 'relevance', 'typo', 'semantic']

/**
 * A page of what this caller finds. Where the words as typed find next to nothing, the first page also looks for names
 * and tags that differ in a few letters, and where there are none for what is alike in meaning. A search by meaning goes
 * by words where no model is there to compare meanings. Throws `BadCursor`.
 */
export const find = async (db: Db, request: Request, holder: Holder | undefined, now: Date): Promise<Found> => {
  const place = request.cursor === undefined ? undefined : SearchOrder.read(sorts, request.cursor)
  const terms = Terms.from(place?.text ?? request.text)
  const sort = sortOf(request, terms)
  const readable = await SearchQuery.readable(db, holder)
  const ask: Ask = { db, request, readable, sort, place, holder, now }
  if (place?.sort === 'typo') return typos(ask, terms)
  const isMeant = place ? place.sort === 'semantic' : request.mode === 'semantic'
  const meant = isMeant ? await semantic(ask) : undefined
  if (meant) return meant
  if (place?.sort === 'semantic') throw new BadCursor()
  if (place !== undefined && place.sort !== sort) SearchOrder.read([sort], request.cursor ?? '')
  if (request.mode === 'typo' && terms.length > 0) return typos(ask, terms)
  const found = await text(ask, terms, place?.text ?? null)
  if (place || request.mode !== 'auto' || terms.length === 0 || found.total.count >= few) return found
  return (await better(ask, terms, found)) ?? found
}

type Ask = {
  db: Db
  request: Request
  readable: SQL | undefined
  sort: Sort
  place: SearchOrder.Place | undefined
  holder: Holder | undefined
  now: Date
}

const sortOf = ({ sort, prices }: Request, terms: string[]): Sort => {
  if (sort === 'price' && prices.size === 0) return 'trending'
  if (sort === 'relevance' && terms.length === 0) return 'trending'
  return sort ?? (terms.length > 0 ? 'relevance' : 'trending')
}

const text = async (ask: Ask, terms: string[], corrected: string | null) => {
  const { db, request, readable, sort, place, holder, now } = ask
  const { limit, prices, facets } = request
  const whole = await FrequentWords.among(db, request.query.type, terms, now)
  const keys = sort === 'price' && request.query.keys === undefined ? [...prices.keys()] : request.query.keys
  const query = { ...request.query, keys, terms, whole }
  const wish: Matches.Wish = { query, sort, place, limit: limit + 1, readable, prices, facets }
  const found = await (holder ? Matches.find(db, wish) : findOpen(db, wish))
  const modes: Mode[] = corrected === null ? ['text'] : ['text', 'typo']
  return page(found, { sort, limit, text: corrected ?? place?.text ?? null, modes, corrected, by: 'text' })
}

const keptMs = 5_000
const maxKept = 1_000
const kept = new WeakMap<object, LRUCache<string, Matches.Counts>>()

/** Where more match than are counted, that is so for five seconds; what is found is looked up each time. */
const findOpen = async (db: Db, wish: Matches.Wish): Promise<Matches.Found> => {
  const counts = kept.get(db) ?? new LRUCache<string, Matches.Counts>({ max: maxKept, ttl: keptMs })
  kept.set(db, counts)
  const key = JSON.stringify([wish.query, wish.facets])
  const found = await Matches.find(db, wish, counts.get(key))
  const { matches: _, ...counted } = found
  if (!found.total.exact && !counts.has(key)) counts.set(key, counted)
  return found
}

/** What other spellings find, if that is more, and what is alike in letters or else in meaning where there is nothing. */
const better = async (ask: Ask, terms: string[], found: Found): Promise<Found | undefined> => {
  const { db, request, now } = ask
  const spelled = await Spelling.corrected(db, request.query.type, terms, now)
  if (spelled) {
    const again = await text(ask, spelled, spelled.join(' '))
    if (again.total.count > found.total.count) return again
  }
  if (found.total.count > 0) return undefined
  const alike = await typos(ask, terms)
  if (alike.total.count > 0) return alike
  const meant = await semantic(ask)
  return meant && meant.total.count > 0 ? meant : alike
}

/** What is near in meaning; undefined where nothing compares meanings now. */
const semantic = async ({ db, request, readable, place, holder }: Ask): Promise<Found | undefined> => {
  const { text: asked, limit, query, facets, prices, meanings } = request
  if (asked.trim() === '' || !meanings?.isReady()) return undefined
  const near = await meanings.nearest(asked.trim(), query.type, holder).catch((error: unknown) => {
    if (error instanceof DehugError) return undefined
    throw error
  })
  if (!near) return undefined
  const wish = { query: { ...query, terms: [], whole: [] }, place, limit: limit + 1, readable, facets, prices }
  const found = await Semantic.find(db, wish, near)
  const modes: Mode[] = ['semantic']
  return page(found, {
    sort: 'relevance',
    cursorSort: 'semantic',
    limit,
    text: null,
    modes,
    corrected: null,
    by: 'semantic',
  })
}

const typos = async ({ db, request, readable, place }: Ask, terms: string[]): Promise<Found> => {
  const { limit, query, facets, prices } = request
  const found = await Typos.find(db, {
    query: { ...query, terms, whole: [] },
    place,
    limit: limit + 1,
    readable,
    facets,
    prices,
  })
  const modes: Mode[] = ['typo']
  return page(found, { sort: 'relevance', cursorSort: 'typo', limit, text: null, modes, corrected: null, by: 'typo' })
}

type Shape = Pick<Found, 'sort' | 'modes' | 'corrected'> & {
  cursorSort?: string
  limit: number
  text: string | null
  by: Mode
}

const page = (found: Matches.Found, { cursorSort, limit, text: searched, by, ...shape }: Shape): Found => {
  const rows = found.matches.slice(0, limit)
  const last = found.matches.length > limit ? rows.at(-1) : undefined
  const sort = cursorSort ?? shape.sort
  const next = last ? SearchOrder.write({ ...last, sort, text: searched }) : null
  return { ...found, ...shape, matches: rows.map(({ id }) => ({ id, by })), next }
}
