import * as BrowserSession from '../../login/BrowserSession.ts'
import { formOf, queryOf } from '../../login/form.ts'
import { html, send } from '../../login/Html.ts'
import { loginMessage } from '../../login/login-message.ts'
import { nextPage } from '../../login/next-page.ts'
import { sendSignIn, signedInAs } from '../../login/SignInPage.ts'
import type { Route } from '../../request.ts'

/** The page where people sign in, and what wallets are asked to sign. */
export const getLoginPage: Route = (app, context) => {
  app.get('/login', async (request, reply) => {
    const query = queryOf(request)
    const visit = await BrowserSession.of(context, request, reply)
    const next = nextPage(query.next)
    if (visit.user) {
      if (next !== '/login') return reply.redirect(next, 303)
      return send(reply, { title: 'You are signed in', body: signedInAs(visit) })
    }
    const { address } = query
    const message = address === undefined ? undefined : await loginMessage(context, request, address)
    return sendSignIn(reply, visit, { next, message, address })
  })
  app.get('/login/message', async (request, reply) => {
    const message = await loginMessage(context, request, queryOf(request).address ?? '')
    return reply
      .removeHeader('access-control-allow-origin')
      .header('cache-control', 'no-store')
      .type('text/plain')
      .send(message)
  })
  app.post('/logout', async (request, reply) => {
    const visit = await BrowserSession.of(context, request, reply)
    BrowserSession.assertOwnForm(request, visit, formOf(request))
    await BrowserSession.signOut(context, request, reply, visit)
    return send(reply, { title: 'You are signed out', body: html`<p><a href="/login">Sign in again</a></p>` })
  })
}
