import { OidcKey } from '../../../catalog/index.ts'
import type { Route } from '../../request.ts'

/** The public keys that ID tokens are checked with (RFC 7517). */
export const getJwks: Route = (app, { catalog, clock }) => {
  app.get('/oauth/jwks', async (_request, reply) => {
    reply.header('cache-control', 'public, max-age=300')
    return { keys: await OidcKey.publicKeys(catalog.db, clock()) }
  })
}
