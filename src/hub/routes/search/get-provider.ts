import { Claims, Health, Names, Offers, ProviderList } from '../../../catalog/index.ts'
import { BadInput, NotFound } from '../../../core/index.ts'
import type { FactsWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import type { Route } from '../../request.ts'
import { publicModels } from './list-providers.ts'
import { showClaim, showPlace, showProvider, timeOf } from './show-facts.ts'
import { showOffers } from './show-offers.ts'

const recent = 20

/** One provider: what it offers, what it claimed, and what was proved against it. */
export const getProvider: Route = (app, context) => {
  app.get('/api/dehug/providers/:address', async (request): Promise<FactsWire.ProviderDetails> => {
    const { db } = context.catalog
    const address = addressOf((request.params as { address: string }).address)
    const provider = (await ProviderList.byAddress(db, [address])).get(address)
    if (!provider) throw new ProviderNotFound(address)
    const [names, offers, models] = await Promise.all([
      Names.ofAddresses(db, [address]),
      Offers.all(db, context.clock()),
      publicModels(context),
    ])
    const own = (models.get(address) ?? []).flatMap((key) =>
      (offers.get(key) ?? []).filter((serving) => serving.provider === address).map((serving) => ({ key, serving })),
    )
    const [health, shown, claims, batches, challenges] = await Promise.all([
      healthOver(context, address),
      showOffers(context, own),
      Claims.list(db, { provider: address }, { limit: recent }),
      Claims.batches(db, { provider: address }),
      ProviderList.challenges(db, address),
    ])
    return {
      ...showProvider(provider, {
        ...{ name: names.get(address) ?? null, models: models.get(address)?.length ?? 0, health: health.week },
      }),
      healthOver: health,
      offers: shown,
      batches: batches.map((batch) => {
        const { cid, at, tx } = showPlace(batch)
        return { root: batch.root, cid, at, tx }
      }),
      claims: claims.claims.map(showClaim),
      challenges: challenges.map((challenge) => ({ ...challenge, at: timeOf(challenge.at) })),
    }
  })
}

const healthOver = async (
  { catalog: { db }, clock }: HubContext,
  address: string,
): Promise<FactsWire.ProviderDetails['healthOver']> => {
  const over = async (days: Health.Days) =>
    (await Health.ofProviders(db, [address], days, clock())).get(address) ?? Health.none(days)
  const [day, week, month] = await Promise.all([over(1), over(7), over(30)])
  return { day, week, month }
}

const addressOf = (text: string): string => {
  if (/^0x[0-9a-fA-F]{40}$/.test(text)) return text.toLowerCase()
  throw new BadInput('The provider in the URL is not an address.', {
    code: 'bad_address',
    hint: 'Write 0x and 40 hexadecimal digits.',
  })
}

/** The chain knows no provider of this address. */
export class ProviderNotFound extends NotFound {
  constructor(address: string) {
    super(`${address} is no provider.`, {
      code: 'provider_not_found',
      hint: 'GET /api/dehug/providers lists them all.',
    })
  }
}
