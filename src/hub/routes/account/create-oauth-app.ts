import { OauthApp } from '../../../catalog/index.ts'
import { Struct } from '../../../core/index.ts'
import { LoginWire } from '../../../wire/index.ts'
import { type Route, requireHolder } from '../../request.ts'
import { assertUnlimited } from './create-token.ts'

/** Registers a program that may ask people for access. */
export const createOauthApp: Route = (app, context) => {
  app.post('/api/dehug/oauth-apps', async (request): Promise<LoginWire.OauthAppCreated> => {
    const owner = assertUnlimited(requireHolder(request))
    const wish = Struct.parseWith(LoginWire.CreateOauthApp, request.body, 'program')
    const { app: made, secret } = await OauthApp.create(context.catalog.db, owner, wish, context.clock())
    return {
      clientId: made.id,
      ...(secret === undefined ? {} : { clientSecret: secret }),
      name: made.name,
      redirectUris: [...made.redirectUris],
      scopes: [...made.scopes],
    }
  })
}
