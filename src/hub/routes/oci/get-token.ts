import type { Route } from '../../request.ts'
import { anonymous, secretOf } from './OciRepo.ts'

const lifeSeconds = 3600

/**
 * The token service of registry clients. Whoever brings a hub token (as the password, or as a bearer) gets it back as the
 * bearer to send; it was checked on the way in. Nobody in particular gets a word that opens what is public.
 * Source: https://distribution.github.io/distribution/spec/auth/token/
 */
export const getToken: Route = (app, context) => {
  app.get('/v2/token', async (request) => {
    const token = secretOf(request.headers.authorization) ?? anonymous
    return { token, access_token: token, expires_in: lifeSeconds, issued_at: context.clock().toISOString() }
  })
}
