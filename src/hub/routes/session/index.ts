import type { Route } from '../../request.ts'
import { createSession } from './create-session.ts'
import { deleteSession } from './delete-session.ts'
import { getSession } from './get-session.ts'

/** These look at the cookie themselves, and no token means anything to them. */
const withoutToken =
  (route: Route): Route =>
  (app, context) => {
    app.register(async (inner) => {
      inner.addHook('onRoute', (options) => {
        options.config = { ...options.config, ownCredentials: true }
        options.bodyLimit = 65_536
      })
      route(inner, context)
    })
  }

export const sessionRoutes: Route[] = [getSession, createSession, deleteSession].map(withoutToken)
