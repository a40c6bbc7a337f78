import { Version } from '../../../catalog/index.ts'
import type { HubWire } from '../../../wire/index.ts'
import * as CommitFiles from '../../CommitFiles.ts'
import { ownRepoPath, repoOfPath } from '../../own-repo-path.ts'
import { commitOf, paramsOf, type Route } from '../../request.ts'

/** What the manifest of a commit has to hold. */
export const getCommitFiles: Route = (app, context) => {
  app.get(`/api/dehug/files/${ownRepoPath}/:rev`, async (request): Promise<HubWire.CommitFiles> => {
    const { db } = context.catalog
    const repo = await repoOfPath(context, request)
    const commit = await commitOf(context, repo, paramsOf(request).rev)
    const newest = await Version.newest(db, repo.id)
    return {
      commit: commit.oid,
      parents: commit.parents,
      files: await CommitFiles.of(db, repo, commit),
      head: newest?.root ?? null,
    }
  })
}
