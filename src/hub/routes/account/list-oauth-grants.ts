import { OauthApp, OauthGrant } from '../../../catalog/index.ts'
import { type Route, requireHolder } from '../../request.ts'
import { assertUnlimited } from './create-token.ts'

/** The programs that the caller let in. */
export const listOauthGrants: Route = (app, { catalog }) => {
  app.get('/api/dehug/oauth-grants', async (request) => {
    const grants = await OauthGrant.listOf(catalog.db, assertUnlimited(requireHolder(request)))
    const ids = [...new Set(grants.map(({ clientId }) => clientId))]
    const names = await OauthApp.namesOf(catalog.db, ids)
    return grants.map(({ id, clientId, scopes, createdAt }) => ({
      ...{ id, clientId, program: names.get(clientId) ?? null, scopes, createdAt },
    }))
  })
}
