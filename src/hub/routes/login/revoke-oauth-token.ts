import { OauthGrant } from '../../../catalog/index.ts'
import { formOf, required } from '../../login/form.ts'
import { identifyApp } from '../../login/identify-app.ts'
import type { Route } from '../../request.ts'

/** Ends the permission that a program's token came of, with all its tokens (RFC 7009). Unknown ones are as good as ended. */
export const revokeOauthToken: Route = (app, context) => {
  const { db } = context.catalog
  app.post('/oauth/revoke', async (request) => {
    const form = formOf(request)
    const client = await identifyApp(context, request, form)
    const grant = await OauthGrant.ofSecret(db, client, required(form, 'token'))
    if (grant) await db.transaction((tx) => OauthGrant.revoke(tx, grant.id, context.clock()))
    return {}
  })
}
