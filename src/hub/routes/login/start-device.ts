import { Attempts, DeviceCode, OauthScope } from '../../../catalog/index.ts'
import { formOf } from '../../login/form.ts'
import { identifyApp } from '../../login/identify-app.ts'
import { OauthError } from '../../login/OauthError.ts'
import { originOf, type Route } from '../../request.ts'

const flood: Attempts.Limit = { limit: 120, windowMs: 10 * 60_000 }

/** Begins a sign-in on a device without a browser (RFC 8628, section 3.1). */
export const startDevice: Route = (app, context) => {
  const { db } = context.catalog
  app.post('/oauth/device', async (request) => {
    const now = context.clock()
    const form = formOf(request)
    const client = await identifyApp(context, request, form)
    if (client.flow !== 'device') {
      throw new OauthError('unauthorized_client', 'This program signs people in with their browser.')
    }
    if (!(await Attempts.take(db, `device:${request.ip}`, flood, now))) {
      throw new OauthError(
        'temporarily_unavailable',
        'Too many sign-ins were begun from this address. Wait ten minutes.',
      )
    }
    const asked = form.scope === undefined ? client.scopes : OauthScope.parse(form.scope)
    const scopes = asked.filter((scope) => client.scopes.includes(scope))
    if (scopes.length === 0) throw new OauthError('invalid_scope', 'This hub knows none of the scopes.')
    const code = await DeviceCode.create(db, client, scopes, now)
    const page = `${originOf(context, request)}/login/device`
    return {
      device_code: code.deviceCode,
      user_code: code.userCode,
      verification_uri: page,
      verification_uri_complete: `${page}?user_code=${code.userCode}`,
      expires_in: code.expiresInSeconds,
      interval: code.intervalSeconds,
    }
  })
}
