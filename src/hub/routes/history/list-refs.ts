import { Tree } from '../../../catalog/index.ts'
import { flagParam, places, type Route, readableRepo } from '../../request.ts'

/** Branches and tags. */
export const listRefs: Route = (app, context) => {
  for (const { type, api } of places) {
    app.get(`${api}/:ns/:name/refs`, async (request) => {
      const repo = await readableRepo(context, request, type)
      const refs = await Tree.refsOf(context.catalog.db, repo.id)
      const below = (prefix: string) =>
        refs
          .filter(({ name }) => name.startsWith(prefix))
          .map(({ name, oid }) => ({ name: name.slice(prefix.length), ref: name, targetCommit: oid }))
      return {
        branches: below('refs/heads/'),
        converts: [],
        tags: below('refs/tags/'),
        ...(flagParam(request, 'include_prs') ? { pullRequests: [] } : {}),
      }
    })
  }
}
