import { Like } from '../../../catalog/index.ts'
import { personOf } from '../../accounts.ts'
import { pageOf, showPage } from '../../paging.ts'
import { places, type Route, readableRepo } from '../../request.ts'

/** The people who like a repository, newest first. */
export const listLikers: Route = (app, context) => {
  for (const { type, api } of places) {
    app.get(`${api}/:ns/:name/likers`, async (request, reply) => {
      const repo = await readableRepo(context, request, type)
      const page = pageOf(request)
      const rows = await Like.likers(context.catalog.db, repo.id, page)
      const shown = showPage(context, request, reply, page, rows, ({ account }) => account.id)
      return shown.map(({ account }) => personOf(context, request, account))
    })
  }
}
