import { Ref } from '../../../catalog/index.ts'
import { flagParam, places, type Route, readableRepo } from '../../request.ts'

const below = (refs: readonly Ref.Ref[], prefix: string) =>
  refs
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name, oid }) => ({ name: name.slice(prefix.length), ref: name, targetCommit: oid }))

/** Branches and tags, and with `include_prs` the refs of pull requests. */
export const listRefs: Route = (app, context) => {
  for (const { type, api } of places) {
    app.get(`${api}/:ns/:name/refs`, async (request) => {
      const repo = await readableRepo(context, request, type)
      const pulls = flagParam(request, 'include_prs') || flagParam(request, 'include_pull_requests')
      const wanted = ['refs/heads/', 'refs/convert/', 'refs/tags/', ...(pulls ? ['refs/pr/'] : [])]
      const refs = await Ref.list(context.catalog.db, repo.id, wanted)
      return {
        branches: below(refs, 'refs/heads/'),
        converts: below(refs, 'refs/convert/'),
        tags: below(refs, 'refs/tags/'),
        ...(pulls ? { pullRequests: below(refs, 'refs/pr/') } : {}),
      }
    })
  }
}
