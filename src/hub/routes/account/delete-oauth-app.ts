import { OauthApp } from '../../../catalog/index.ts'
import { type Route, requireHolder } from '../../request.ts'
import { assertUnlimited } from './create-token.ts'

/** Takes a program of the caller away. */
export const deleteOauthApp: Route = (app, { catalog }) => {
  app.delete('/api/dehug/oauth-apps/:id', async (request) => {
    const { id } = request.params as { id: string }
    await OauthApp.remove(catalog.db, assertUnlimited(requireHolder(request)), id)
    return { success: true }
  })
}
