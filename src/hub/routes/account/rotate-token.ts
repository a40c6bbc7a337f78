import { Token } from '../../../catalog/index.ts'
import type { HubWire } from '../../../wire/index.ts'
import { type Route, requireHolder } from '../../request.ts'
import { assertMayEnd } from './delete-token.ts'

/** Gives a token a new secret with the same name and rights; the old secret ends at once. `self` is the token in use. */
export const rotateToken: Route = (app, context) => {
  app.post('/api/dehug/tokens/:id/rotate', async (request): Promise<HubWire.TokenCreated> => {
    const holder = requireHolder(request)
    const wanted = assertMayEnd(holder, (request.params as { id: string }).id)
    const { secret, token } = await Token.rotate(context.catalog.db, holder.user, wanted, context.clock())
    return { token: secret, id: token.id, user: holder.user.name, address: holder.user.address }
  })
}
