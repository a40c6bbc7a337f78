import { OauthGrant, Token } from '../../../catalog/index.ts'
import { formOf, required } from '../../login/form.ts'
import { identifyApp } from '../../login/identify-app.ts'
import { OauthError } from '../../login/OauthError.ts'
import { originOf, type Route } from '../../request.ts'

/** Tells a program with a secret whether one of its own access tokens works (RFC 7662). */
export const introspectOauthToken: Route = (app, context) => {
  const { db } = context.catalog
  app.post('/oauth/introspect', async (request) => {
    const form = formOf(request)
    const client = await identifyApp(context, request, form)
    if (client.secretHash === undefined) throw new OauthError('invalid_client', 'Only programs with a secret may ask.')
    const secret = required(form, 'token')
    const grant = await OauthGrant.ofSecret(db, client, secret)
    const holder = grant && (await Token.find(db, secret, context.clock()))
    if (!grant || !holder) return { active: false }
    const { user, token } = holder
    return {
      active: true,
      scope: grant.scopes.join(' '),
      client_id: client.id,
      username: user.name,
      token_type: 'bearer',
      sub: user.id,
      aud: client.id,
      iss: originOf(context, request),
      iat: Math.floor(token.createdAt.getTime() / 1000),
      ...(token.expiresAt ? { exp: Math.floor(token.expiresAt.getTime() / 1000) } : {}),
    }
  })
}
