import type { FastifyRequest } from 'fastify'
import { OauthGrant } from '../../../catalog/index.ts'
import * as IdToken from '../../login/IdToken.ts'
import { OauthError } from '../../login/OauthError.ts'
import { identify, originOf, type Route } from '../../request.ts'

/** Who gave this access token, as far as its scopes go (OpenID Connect Core, section 5.3). */
export const getUserinfo: Route = (app, context) => {
  const { db } = context.catalog
  const answer = async (request: FastifyRequest) => {
    await identify(context, request).catch(() => undefined)
    const { holder } = request
    if (!holder) throw new OauthError('invalid_token', 'The access token is unknown, expired or revoked.')
    const { user, token } = holder
    const grant = token.grantId === null ? undefined : await OauthGrant.byId(db, token.grantId)
    const scopes = grant?.scopes ?? ['openid', 'profile', 'email']
    if (!scopes.includes('openid')) throw new OauthError('insufficient_scope', 'This needs the scope openid.')
    return IdToken.claimsOf(db, user, scopes, originOf(context, request))
  }
  app.get('/oauth/userinfo', answer)
  app.post('/oauth/userinfo', answer)
}
