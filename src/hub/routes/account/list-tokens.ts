import { Token } from '../../../catalog/index.ts'
import { type Route, requireHolder } from '../../request.ts'

/** The caller's tokens, without their secrets. */
export const listTokens: Route = (app, { catalog }) => {
  app.get('/api/dehug/tokens', async (request) => {
    const { user } = requireHolder(request)
    const tokens = await Token.list(catalog.db, user)
    return tokens.map(({ id, name, scope, repos, spendCapMicroUsdc, createdAt, expiresAt }) => ({
      id,
      name,
      scope,
      repos,
      spendCapMicroUsdc: spendCapMicroUsdc === null ? null : String(spendCapMicroUsdc),
      createdAt,
      expiresAt,
    }))
  })
}
