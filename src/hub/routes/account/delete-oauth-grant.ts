import { Consent, OauthGrant } from '../../../catalog/index.ts'
import { type Route, requireHolder } from '../../request.ts'
import { assertUnlimited } from './create-token.ts'

/** Takes back what the caller allowed a program: its tokens end at once, and it has to ask again. */
export const deleteOauthGrant: Route = (app, context) => {
  const { db } = context.catalog
  app.delete('/api/dehug/oauth-grants/:id', async (request) => {
    const user = assertUnlimited(requireHolder(request))
    const { id } = request.params as { id: string }
    const { clientId } = await OauthGrant.revokeOwn(db, user, id, context.clock())
    await Consent.forget(db, user, clientId)
    return { success: true }
  })
}
