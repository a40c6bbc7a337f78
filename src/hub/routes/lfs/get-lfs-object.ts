import { Blob } from '../../../catalog/index.ts'
import { NotFound } from '../../../core/index.ts'
import { assertMayDownload } from '../../Gate.ts'
import { paramsOf, places, type Route } from '../../request.ts'
import { gitRepo } from './lfs-batch.ts'

/** The bytes of a large file for git-lfs. */
export const getLfsObject: Route = (app, context) => {
  for (const { type, files } of places) {
    app.get(`${files}/:ns/:name/info/lfs/objects/:rev`, async (request, reply) => {
      const repo = await gitRepo(context, request, type)
      await assertMayDownload(context, request, repo)
      const oid = paramsOf(request).rev ?? ''
      const found = await Blob.inRepo(context.catalog.db, repo.id, oid)
      if (!found) throw new NotFound(`${oid.slice(0, 80)} is not in this repository.`, { code: 'entry_not_found' })
      reply.headers({ 'content-type': 'application/octet-stream', 'content-length': found.size })
      return reply.send(await context.store.open(found.cid))
    })
  }
}
