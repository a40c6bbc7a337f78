import { Pull } from '../../../catalog/index.ts'
import { ownRepoPath, repoOfPath } from '../../own-repo-path.ts'
import type { Route } from '../../request.ts'

const mostRows = 400

/** How often each version was pulled on each day. */
export const listPulls: Route = (app, context) => {
  app.get(`/api/dehug/pulls/${ownRepoPath}`, async (request) => {
    const { db } = context.catalog
    const repo = await repoOfPath(context, request)
    const recent = await Pull.recent(db, [repo.id], context.clock())
    return {
      repo: repo.key,
      verifiedPulls30d: recent.get(repo.id) ?? 0,
      days: await Pull.days(db, repo.id, mostRows),
    }
  })
}
