import { Offers, Onchain, type Search, SearchHit, Trending } from '../../../catalog/index.ts'
import type { Hex } from '../../../core/index.ts'
import type { SearchWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'

/** A repository to show, and how it was found. */
export type Found = { id: string; by: Search.Mode | null }

/** What a list shows of these repositories, in their order; what was deleted meanwhile is left out. */
export const showHits = async (
  { catalog: { db }, clock }: HubContext,
  found: readonly Found[],
  terms: readonly string[] = [],
): Promise<SearchWire.Hit[]> => {
  const now = clock()
  const [hits, offers] = await Promise.all([
    SearchHit.load(
      db,
      found.map(({ id }) => id),
    ),
    Offers.all(db, now),
  ])
  const models = await Onchain.models(
    db,
    [...hits.values()].map(({ key }) => key),
  )
  return found.flatMap(({ id, by }) => {
    const hit = hits.get(id)
    if (!hit) return []
    const served = offers.get(hit.key) ?? []
    return [
      { ...ofRow(hit, now), ...ofChain(models.get(hit.key)), ...ofOffers(served), match: matchOf(hit, by, terms) },
    ]
  })
}

const maxTags = 12
/** Labels that say nothing to a reader of a list. */
const isPlain = (tag: string): boolean => !/^(license|region|base_model|dataset|arxiv|doi):/.test(tag)

const ofRow = (hit: SearchHit.SearchHit, now: Date) => ({
  id: `${hit.namespace}/${hit.name}`,
  type: hit.type,
  author: hit.namespace,
  name: hit.name,
  task: hit.task,
  library: hit.library,
  license: hit.license,
  languages: hit.languages,
  parameters: hit.parameters > 0 ? hit.parameters : null,
  dtype: hit.dtype,
  quantization: hit.quantization === 'none' ? null : hit.quantization,
  sizeBytes: hit.sizeBytes,
  downloads: hit.downloads,
  likes: hit.likes,
  trending: Trending.score(hit.trending, now),
  createdAt: hit.createdAt.toISOString(),
  updatedAt: hit.updatedAt.toISOString(),
  private: hit.visibility !== 'public',
  gated: hit.gated ?? (false as const),
  description: hit.description,
  tags: hit.tags.filter(isPlain).slice(0, maxTags),
  version: { anchored: hit.root !== null, root: hit.root, manifestCid: hit.manifestCid, tx: hit.tx },
  forkRoyaltyBps: hit.forkBps,
})

const ofChain = (model: Onchain.Model | undefined) => ({
  modelId: model?.modelId.toString() ?? null,
  owner: (model?.owner.toLowerCase() ?? null) as Hex | null,
})

const ofOffers = (served: readonly Offers.Serving[]) => {
  const [cheapest] = served
  if (!cheapest) return { price: null, providers: 0 }
  return { price: priceOf(cheapest.offer), providers: new Set(served.map(({ provider }) => provider)).size }
}

/** The prices of an offer, and the one they are compared by. */
export const priceOf = (offer: Offers.Serving['offer']): SearchWire.Price => ({
  from: Offers.from(offer).toString(),
  in: offer.priceIn.toString(),
  out: offer.priceOut.toString(),
  ms: offer.priceMs.toString(),
  call: offer.priceCall.toString(),
})

/** Where the words stand, as far as a list shows it. */
const matchOf = (hit: SearchHit.SearchHit, by: Found['by'], terms: readonly string[]): SearchWire.Hit['match'] => {
  const holding = (text: string) => terms.filter((term) => text.includes(term))
  if (by !== 'text' || terms.length === 0) return { by: by === 'text' ? null : by, terms: [] }
  const inName = holding(`${hit.namespace}/${hit.name}`.toLowerCase())
  if (inName.length > 0) return { by: 'name', terms: inName }
  const inTags = holding(hit.tags.join(' ').toLowerCase())
  return inTags.length > 0 ? { by: 'tag', terms: inTags } : { by: 'text', terms: [...terms] }
}
