import { Like, Repo } from '../../../catalog/index.ts'
import { RepoId } from '../../../core/index.ts'
import { accountOf } from '../../accounts.ts'
import { pageOf, showPage } from '../../paging.ts'
import type { Route } from '../../request.ts'

/** What a person likes, as far as the caller may see it, newest first. */
export const listLikes: Route = (app, context) => {
  app.get('/api/users/:user/likes', async (request, reply) => {
    const account = await accountOf(context, request, 'user')
    const page = pageOf(request)
    const rows = await Like.ofUser(context.catalog.db, account.id, request.holder, page)
    const shown = showPage(context, request, reply, page, rows, ({ repo }) => repo.id)
    return shown.map(({ repo, createdAt }) => ({
      createdAt: createdAt.toISOString(),
      repo: { name: RepoId.format(Repo.idOf(repo)), type: repo.type },
    }))
  })
}
