import type { FastifyRequest } from 'fastify'
import { Collection } from '../../../catalog/index.ts'
import { BadInput, DehugError } from '../../../core/index.ts'
import { itemsInLists, show } from '../../CollectionView.ts'
import { targetOf } from '../../collection-target.ts'
import type { HubContext } from '../../context.ts'
import { linkNext, listParam, numberParam, type Route, textParam } from '../../request.ts'

const mostShown = 100
const deepest = 10_000

/** Collections by owner, item and words. What is trending is what was voted for. */
export const listCollections: Route = (app, context) => {
  app.get('/api/collections', async (request, reply) => {
    const limit = numberParam(request, 'limit', mostShown, mostShown)
    const offset = textParam(request, 'cursor') === undefined ? 0 : numberParam(request, 'cursor', 0, deepest)
    const items = await itemsOf(context, request)
    if (items === undefined) return []
    const query: Collection.Query = {
      owners: listParam(request, 'owner').map((name) => plain(name).toLowerCase()),
      items,
      words: plain(textParam(request, 'q') ?? ''),
      sort: sortOf(request),
      limit: limit + 1,
      offset,
    }
    const rows = await Collection.list(context.catalog.db, query, request.holder)
    if (rows.length > limit && offset + limit <= deepest) {
      linkNext(context, request, reply, { cursor: String(offset + limit) })
    }
    return show(context, request, rows.slice(0, limit), itemsInLists)
  })
}

const plain = (text: string): string => text.replaceAll('\0', '').slice(0, 200)

const sortOf = (request: FastifyRequest): Collection.Query['sort'] => {
  const sort = textParam(request, 'sort') ?? 'lastModified'
  if (sort === 'lastModified') return sort
  if (sort === 'upvotes' || sort === 'trending') return 'upvotes'
  throw new BadInput(`Sorting by "${sort.slice(0, 40)}" is not offered.`, {
    code: 'bad_query',
    hint: 'Sort by lastModified, trending or upvotes.',
  })
}

const kinds = {
  models: 'model',
  datasets: 'dataset',
  spaces: 'space',
  papers: 'paper',
  collections: 'collection',
} as const

/** `models/ns/name` and so on; undefined where none of them is anything the caller could find. */
const itemsOf = async (context: HubContext, request: FastifyRequest): Promise<Collection.Query['items']> => {
  const asked = listParam(request, 'item').slice(0, 32)
  const found: NonNullable<Collection.Query['items']> = []
  for (const text of asked) {
    const cut = text.indexOf('/')
    const type = Object.entries(kinds).find(([kind]) => kind === text.slice(0, cut))?.[1]
    const target = type && (await targetOf(context, request, { type, id: text.slice(cut + 1) }).catch(asMissing))
    if (target) found.push(target)
  }
  return asked.length > 0 && found.length === 0 ? undefined : found
}

const asMissing = (error: unknown): undefined => {
  if (!(error instanceof DehugError) || error.status >= 500) throw error
  return undefined
}
