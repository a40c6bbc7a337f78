import { OauthApp } from '../../../catalog/index.ts'
import { type Route, requireHolder } from '../../request.ts'
import { assertUnlimited } from './create-token.ts'

/** The programs that the caller registered. */
export const listOauthApps: Route = (app, { catalog }) => {
  app.get('/api/dehug/oauth-apps', async (request) => {
    const apps = await OauthApp.listOf(catalog.db, assertUnlimited(requireHolder(request)))
    return apps.map(({ id, name, redirectUris, scopes, secretHash }) => ({
      ...{ clientId: id, name, redirectUris, scopes, confidential: secretHash !== undefined },
    }))
  })
}
