import { Token } from '../../../catalog/index.ts'
import { type Route, requireHolder } from '../../request.ts'

/** Revokes a token at once; `self` is the one that is used for this request. */
export const deleteToken: Route = (app, context) => {
  app.delete('/api/dehug/tokens/:id', async (request) => {
    const holder = requireHolder(request)
    const wanted = assertMayEnd(holder, (request.params as { id: string }).id)
    await Token.revoke(context.catalog.db, holder.user, wanted, context.clock())
    return { success: true }
  })
}

/** The id meant; a limited token may end itself, not others. Throws `NoSuchToken`. */
export const assertMayEnd = ({ token }: Token.Holder, id: string): string => {
  const wanted = id === 'self' ? token.id : id
  const may = wanted === token.id || Token.isUnlimited(token)
  if (!may || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(wanted)) throw new Token.NoSuchToken(wanted)
  return wanted
}
