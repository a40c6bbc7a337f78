import type { FastifyInstance } from 'fastify'
import type { HubContext } from '../../context.ts'
import { sendError } from '../../login/Html.ts'
import { answerOauthError } from '../../login/OauthError.ts'
import type { Route } from '../../request.ts'
import { authorize } from './authorize.ts'
import { createOauthToken } from './create-oauth-token.ts'
import { decideDevice } from './decide-device.ts'
import { delegatePage } from './delegate-page.ts'
import { getJwks } from './get-jwks.ts'
import { getLoginPage } from './get-login-page.ts'
import { getOpenidConfiguration } from './get-openid-configuration.ts'
import { getUserinfo } from './get-userinfo.ts'
import { introspectOauthToken } from './introspect-oauth-token.ts'
import { revokeOauthToken } from './revoke-oauth-token.ts'
import { signIn } from './sign-in.ts'
import { startDevice } from './start-device.ts'

type ErrorHandler = Parameters<FastifyInstance['setErrorHandler']>[0]

/** Routes that look at credentials of their own, not at a hub token, and that say in their own way what is wrong. */
const together =
  (routes: Route[], onError: ErrorHandler, prepare: (app: FastifyInstance) => void = () => undefined): Route =>
  (app: FastifyInstance, context: HubContext) => {
    app.register(async (inner) => {
      inner.addHook('onRoute', (route) => {
        route.config = { ...route.config, ownCredentials: true }
        route.bodyLimit = 65_536
      })
      inner.setErrorHandler(onError)
      prepare(inner)
      for (const route of routes) route(inner, context)
    })
  }

/** Pages of other sites use these with fetch. */
const answerPreflights = (app: FastifyInstance): void => {
  for (const name of ['token', 'userinfo', 'revoke', 'device', 'jwks']) {
    app.options(`/oauth/${name}`, (_request, reply) =>
      reply
        .headers({
          'access-control-allow-methods': 'GET, POST, OPTIONS',
          'access-control-allow-headers': 'Authorization, Content-Type',
          'access-control-max-age': '86400',
        })
        .code(204)
        .send(),
    )
  }
}

export const loginRoutes: Route[] = [
  together(
    [
      getOpenidConfiguration,
      getJwks,
      startDevice,
      createOauthToken,
      getUserinfo,
      revokeOauthToken,
      introspectOauthToken,
    ],
    answerOauthError,
    answerPreflights,
  ),
  together([authorize, decideDevice, delegatePage, getLoginPage, signIn], sendError),
]
