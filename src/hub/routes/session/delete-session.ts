import * as BrowserSession from '../../login/BrowserSession.ts'
import type { Route } from '../../request.ts'
import { sessionView } from './session-view.ts'

/** Signs a browser out. */
export const deleteSession: Route = (app, context) => {
  app.delete('/api/dehug/session', async (request, reply) => {
    const visit = await BrowserSession.of(context, request, reply)
    BrowserSession.assertOwnWrite(context, request, visit)
    return sessionView(context, request, reply, await BrowserSession.signOut(context, request, reply, visit))
  })
}
