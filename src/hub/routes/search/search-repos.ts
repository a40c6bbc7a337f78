import type { FastifyRequest } from 'fastify'
import { KeptAnswers, Offers, Search, SearchTerms } from '../../../catalog/index.ts'
import { SearchWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import type { Route } from '../../request.ts'
import { readQuery } from './read-query.ts'
import { showFacets } from './show-facets.ts'
import { showHits } from './show-hits.ts'

/**
 * Search over models and data sets: words, filters, orders, counts. Each caller finds what they may see; what anybody is
 * told may be told again for a second.
 */
export const searchRepos: Route = (app, context) => {
  app.get('/api/dehug/search', async (request, reply) => {
    const asked = readQuery(SearchWire.SearchQuery, request)
    if (request.holder) return search(context, request, asked)
    const { catalog, clock, meanings } = context
    const question = JSON.stringify([asked, meanings?.isReady() === true])
    const make = async () => JSON.stringify(await search(context, request, asked))
    const answer = await KeptAnswers.of(catalog.db, question, clock(), make)
    return reply.type('application/json; charset=utf-8').send(answer)
  })
}

const search = async (
  context: HubContext,
  request: FastifyRequest,
  asked: SearchWire.SearchQuery,
): Promise<SearchWire.SearchFound> => {
  const { catalog, clock, meanings } = context
  const offers = await Offers.all(catalog.db, clock())
  const wish = { ...wishOf(asked, offers), meanings }
  const found = await Search.find(catalog.db, wish, request.holder, clock())
  const hits = await showHits(context, found.matches, SearchTerms.from(found.corrected ?? asked.q))
  return {
    hits,
    total: found.total,
    facets: wish.facets ? showFacets(found, asked, offers) : null,
    next: found.next,
    modes: found.modes,
    semanticModel: meanings?.isReady() ? meanings.model : null,
    corrected: found.corrected,
    sort: found.sort,
  }
}

const wishOf = (asked: SearchWire.SearchQuery, offers: Offers.Offers): Omit<Search.Request, 'meanings'> => {
  const { q, type, tag, author, sort, mode, cursor, limit, gated, verified } = asked
  const { task, license, library, language, size, quantization, dtype, forkRoyalty } = asked
  const flag = (value: string | undefined) => (value === undefined ? [] : [value])
  const facets = { task, license, library, language, size, quantization, dtype, forkRoyalty }
  const prices = pricesOf(asked, offers)
  const served = asked.provider !== undefined || asked.priceMax !== undefined
  return {
    text: q,
    query: {
      type,
      facets: { ...facets, gated: flag(gated), verified: flag(verified) },
      tags: tag,
      authors: author,
      keys: served ? [...prices.keys()] : undefined,
    },
    ...{ sort, mode, cursor, limit, prices },
    facets: asked.facets === 'true' && cursor === undefined,
  }
}

const pricesOf = ({ priceMax, provider }: SearchWire.SearchQuery, offers: Offers.Offers): Map<string, bigint> =>
  Offers.prices(offers, {
    most: priceMax === undefined ? undefined : BigInt(priceMax),
    provider: provider === 'any' ? undefined : provider?.toLowerCase(),
  })
