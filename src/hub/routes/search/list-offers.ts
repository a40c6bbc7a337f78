import { Offers } from '../../../catalog/index.ts'
import type { FactsWire } from '../../../wire/index.ts'
import { type Route, readableRepo } from '../../request.ts'
import { showOffers } from './show-offers.ts'

/** Who runs a model now, the cheapest first. */
export const listOffers: Route = (app, context) => {
  app.get('/api/dehug/models/:ns/:name/providers', async (request): Promise<FactsWire.Offers> => {
    const { key } = await readableRepo(context, request, 'model')
    const served = (await Offers.all(context.catalog.db, context.clock())).get(key) ?? []
    return {
      offers: await showOffers(
        context,
        served.map((serving) => ({ key, serving })),
      ),
    }
  })
}
