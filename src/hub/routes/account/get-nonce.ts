import { Nonce } from '../../../catalog/index.ts'
import type { HubWire } from '../../../wire/index.ts'
import { originOf, type Route } from '../../request.ts'

/** Begins a login: what the ERC-4361 message must carry. */
export const getNonce: Route = (app, context) => {
  app.get('/api/dehug/nonce', async (request): Promise<HubWire.LoginNonce> => {
    const nonce = await Nonce.create(context.catalog.db, context.clock())
    return { nonce, domain: new URL(originOf(context, request)).host, chainId: context.chain?.chainId ?? 1 }
  })
}
