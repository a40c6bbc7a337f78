import type { FastifyRequest } from 'fastify'
import { DeviceCode, type OauthApp, OauthCode, OauthGrant, OauthScope } from '../../../catalog/index.ts'
import type { HubContext } from '../../context.ts'
import { type Fields, formOf, required } from '../../login/form.ts'
import * as IdToken from '../../login/IdToken.ts'
import { identifyApp } from '../../login/identify-app.ts'
import { OauthError, type OauthErrorName } from '../../login/OauthError.ts'
import { originOf, type Route } from '../../request.ts'

type Given = { context: HubContext; app: OauthApp.OauthApp; form: Fields }
type Issued = OauthGrant.Issued & Partial<Pick<OauthCode.Redeemed, 'nonce' | 'authenticatedAt'>>

/** Gives tokens to programs (RFC 6749, section 3.2). */
export const createOauthToken: Route = (app, context) => {
  app.post('/oauth/token', async (request, reply) => {
    const form = formOf(request)
    const grant = grants[required(form, 'grant_type')]
    if (!grant) throw new OauthError('unsupported_grant_type', 'This hub offers codes, device codes and refreshing.')
    const client = await identifyApp(context, request, form)
    const issued = await grant({ context, app: client, form })
    reply.headers({ 'cache-control': 'no-store', pragma: 'no-cache' })
    return answer(context, request, client, issued)
  })
}

const fromCode = async ({ context, app, form }: Given): Promise<Issued> => {
  const code = required(form, 'code')
  const proof = { app, code, redirectUri: form.redirect_uri, verifier: form.code_verifier }
  const redeemed = await OauthCode.redeem(context.catalog.db, proof, context.clock())
  if (redeemed) return redeemed
  throw new OauthError(
    'invalid_grant',
    'The code is unknown, used or too old, or its verifier or redirect_uri differs.',
  )
}

const fromRefresh = async ({ context, app, form }: Given): Promise<Issued> => {
  const secret = required(form, 'refresh_token')
  const scopes = form.scope === undefined ? undefined : OauthScope.parse(form.scope)
  const issued = await OauthGrant.refresh(context.catalog.db, { app, secret, scopes }, context.clock())
  if (issued) return issued
  throw new OauthError('invalid_grant', 'The refresh token is unknown, used, expired or revoked.')
}

const fromDevice = async ({ context, app, form }: Given): Promise<Issued> => {
  const polled = await DeviceCode.poll(context.catalog.db, app, required(form, 'device_code'), context.clock())
  if ('issued' in polled) return polled.issued
  throw new OauthError(polled.error, waiting[polled.error] ?? 'The device code is unknown or used.')
}

const waiting: Partial<Record<OauthErrorName, string>> = {
  authorization_pending: 'Nobody has approved the code yet.',
  slow_down: 'You ask too often; wait five seconds longer between requests.',
  expired_token: 'The code has expired. Begin again.',
  access_denied: 'The sign-in was denied.',
}

const grants: Record<string, ((given: Given) => Promise<Issued>) | undefined> = {
  authorization_code: fromCode,
  refresh_token: fromRefresh,
  'urn:ietf:params:oauth:grant-type:device_code': fromDevice,
}

const answer = async (context: HubContext, request: FastifyRequest, app: OauthApp.OauthApp, issued: Issued) => {
  const { db } = context.catalog
  const { scopes, user, nonce } = issued
  const now = context.clock()
  const issuer = originOf(context, request)
  const { authenticatedAt = now } = issued
  const claims = () => IdToken.claimsOf(db, user, scopes, issuer)
  return {
    access_token: issued.accessToken,
    token_type: 'bearer',
    expires_in: issued.expiresInSeconds,
    refresh_token: issued.refreshToken,
    scope: scopes.join(' '),
    ...(scopes.includes('openid')
      ? {
          id_token: await IdToken.sign(
            db,
            { issuer, clientId: app.id, claims: await claims(), nonce, authenticatedAt },
            now,
          ),
        }
      : {}),
  }
}
