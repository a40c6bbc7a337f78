import * as BrowserSession from '../../login/BrowserSession.ts'
import type { Route } from '../../request.ts'
import { sessionView } from './session-view.ts'

/** Who is signed in with this browser, and what its pages need to write or to sign in. Gives a cookie to who has none. */
export const getSession: Route = (app, context) => {
  app.get('/api/dehug/session', async (request, reply) => {
    BrowserSession.assertOwnRead(context, request)
    return sessionView(context, request, reply, await BrowserSession.of(context, request, reply))
  })
}
