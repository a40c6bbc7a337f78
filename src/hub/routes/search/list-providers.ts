import { Health, Names, Offers, ProviderList } from '../../../catalog/index.ts'
import { FactsWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import type { Route } from '../../request.ts'
import { readQuery } from './read-query.ts'
import { showProvider } from './show-facts.ts'

/** All providers that the chain knows. */
export const listProviders: Route = (app, context) => {
  app.get('/api/dehug/providers', async (request): Promise<FactsWire.Providers> => {
    const { sort, ...page } = readQuery(FactsWire.ProvidersQuery, request)
    const { db } = context.catalog
    const found = await ProviderList.list(db, sort, page)
    const addresses = found.providers.map(({ address }) => address)
    const [names, models, health] = await Promise.all([
      Names.ofAddresses(db, addresses),
      publicModels(context),
      Health.ofProviders(db, addresses, 7, context.clock()),
    ])
    return {
      providers: found.providers.map((provider) =>
        showProvider(provider, {
          name: names.get(provider.address) ?? null,
          models: models.get(provider.address)?.length ?? 0,
          health: health.get(provider.address) ?? Health.none(7),
        }),
      ),
      next: found.next,
    }
  })
}

/** Keys of the public models that each provider serves now. */
export const publicModels = async ({ catalog: { db }, clock }: HubContext): Promise<Map<string, string[]>> => {
  const offers = await Offers.all(db, clock())
  const open = await Names.publicKeys(db, [...offers.keys()])
  const models = new Map<string, string[]>()
  for (const [key, list] of offers) {
    for (const { provider } of open.has(key) ? list : []) models.set(provider, [...(models.get(provider) ?? []), key])
  }
  return models
}
