import { Blob } from '../../../catalog/index.ts'
import { NotFound } from '../../../core/index.ts'
import * as ByteRange from '../../ByteRange.ts'
import { assertMayDownload } from '../../Gate.ts'
import { askForToken, gitRepo } from '../../git/git-request.ts'
import { paramsOf, places, type Route } from '../../request.ts'

/** The bytes of a large file for git-lfs, which goes on where it stopped with `Range`. */
export const getLfsObject: Route = (app, context) => {
  for (const { type, files } of places) {
    app.get(`${files}/:ns/:name/info/lfs/objects/:rev`, askForToken, async (request, reply) => {
      const repo = await gitRepo(context, request, type)
      await assertMayDownload(context, request, repo)
      const oid = paramsOf(request).rev ?? ''
      const found = await Blob.inRepo(context.catalog.db, repo.id, oid)
      if (!found) throw new NotFound(`${oid.slice(0, 80)} is not in this repository.`, { code: 'entry_not_found' })
      const range = ByteRange.parse(request.headers.range, found.size)
      const { start, end } = typeof range === 'object' ? range : { start: 0, end: found.size - 1 }
      if (typeof range === 'object') reply.code(206).header('content-range', `bytes ${start}-${end}/${found.size}`)
      reply.headers({ 'content-type': 'application/octet-stream', 'content-length': end + 1 - start })
      return reply.send(await context.store.open(found.cid, { start, end: end + 1 }))
    })
  }
}
