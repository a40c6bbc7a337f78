import { Token } from '../../../catalog/index.ts'
import { NotFound } from '../../../core/index.ts'
import { type Route, requireHolder } from '../../request.ts'

/** Revokes a token at once; `self` is the one that is used for this request. */
export const deleteToken: Route = (app, context) => {
  app.delete('/api/dehug/tokens/:id', async (request) => {
    const { user, token } = requireHolder(request)
    const { id } = request.params as { id: string }
    const wanted = id === 'self' ? token.id : id
    // A limited token may end itself, not others.
    const mayEnd = wanted === token.id || Token.isUnlimited(token)
    if (!/^[0-9a-f-]{36}$/.test(wanted) || !mayEnd) {
      throw new NotFound(`There is no token ${wanted.slice(0, 80)} to revoke.`, { code: 'no_such_token' })
    }
    await Token.revoke(context.catalog.db, user, wanted, context.clock())
    return { success: true }
  })
}
