import { Health, Names, OfferedModels, type Offers, Onchain, ProviderList } from '../../../catalog/index.ts'
import type { FactsWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import { priceOf } from './show-hits.ts'

/** An offer of the model with this key. */
export type Offered = { key: string; serving: Offers.Serving }

/** These offers with what the chain and the public models' files add; offers of other models are left out. */
export const showOffers = async (
  { catalog: { db }, clock }: HubContext,
  offered: readonly Offered[],
): Promise<FactsWire.Offer[]> => {
  const keys = [...new Set(offered.map(({ key }) => key))]
  const addresses = [...new Set(offered.map(({ serving }) => serving.provider))]
  const [models, onchain, providers, names, health] = await Promise.all([
    OfferedModels.of(db, keys),
    Onchain.models(db, keys),
    ProviderList.byAddress(db, addresses),
    Names.ofAddresses(db, addresses),
    Health.ofModels(db, { addresses, keys }, 7, clock()),
  ])
  const jobs = await ProviderList.jobsFor(
    db,
    [...onchain.values()].map(({ modelId }) => modelId),
  )
  return offered.flatMap(({ key, serving }) => {
    const model = models.get(key)
    if (!model) return []
    const { offer, provider, url, task, validUntil } = serving
    const known = providers.get(provider)
    const minted = onchain.get(key)
    return [
      {
        ...{ provider, name: names.get(provider) ?? null, model: model.name, url, task },
        ...{ root: offer.versionRoot, head: minted?.head === offer.versionRoot, price: priceOf(offer) },
        limits: {
          in: offer.maxIn.toString(),
          out: offer.maxOut.toString(),
          ms: offer.maxMs.toString(),
          jobSeconds: offer.jobSecs.toString(),
        },
        ...{ context: model.context, quantization: model.quantization, validUntil: validUntil.toISOString() },
        ...{ stake: known?.stake ?? '0', disputes: known?.disputes ?? 0 },
        jobs: jobs.get(`${minted?.modelId} ${provider}`) ?? '0',
        health: health.get(`${key} ${provider}`) ?? Health.none(7),
      },
    ]
  })
}
