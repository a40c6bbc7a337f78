import type { HubWire } from '../../../wire/index.ts'
import { NoChain } from '../../errors.ts'
import { originOf, type Route } from '../../request.ts'

/** Chain, contracts and gateways: what a client needs to check this hub. */
export const getNetwork: Route = (app, context) => {
  app.get('/api/dehug/network', async (request): Promise<HubWire.Network> => {
    if (!context.network) throw new NoChain()
    return { hub: originOf(context, request), ...context.network() }
  })
}
