import { Token } from '../../../catalog/index.ts'
import type { HubWire } from '../../../wire/index.ts'
import { type Route, requireHolder } from '../../request.ts'

/** The caller's tokens, without their secrets. */
export const listTokens: Route = (app, { catalog }) => {
  app.get('/api/dehug/tokens', async (request): Promise<HubWire.TokenListed[]> => {
    const { user } = requireHolder(request)
    const tokens = await Token.list(catalog.db, user)
    return tokens.map((token) => ({
      id: token.id,
      name: token.name,
      scope: token.scope,
      rights: token.rights,
      spendCapMicroUsdc: token.spendCapMicroUsdc === null ? null : String(token.spendCapMicroUsdc),
      createdAt: token.createdAt.toISOString(),
      expiresAt: token.expiresAt?.toISOString() ?? null,
      lastUsedAt: token.lastUsedAt?.toISOString() ?? null,
    }))
  })
}
