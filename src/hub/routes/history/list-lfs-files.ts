import { LfsFile } from '../../../catalog/index.ts'
import { assertWritable, linkNext, numberParam, places, type Route, readableRepo, textParam } from '../../request.ts'

/** All large files that any commit of a repository names; for those who may change it. */
export const listLfsFiles: Route = (app, context) => {
  for (const { type, api } of places) {
    app.get(`${api}/:ns/:name/lfs-files`, async (request, reply) => {
      const repo = await readableRepo(context, request, type)
      await assertWritable(context, request, repo)
      const size = numberParam(request, 'limit', 1000, 1000)
      const cursor = textParam(request, 'cursor') ?? ''
      const after = /^[0-9a-f]{40}$/.test(cursor) ? cursor : ''
      const files = await LfsFile.list(context.catalog.db, repo.id, after, size + 1)
      const page = files.slice(0, size)
      const last = page.at(-1)
      if (files.length > size && last) linkNext(context, request, reply, { cursor: last.oid })
      return page.map(({ sha256, path, ref, pushedAt, size: bytes }) => ({
        fileOid: sha256,
        filename: path,
        oid: sha256,
        pushedAt: pushedAt.toISOString(),
        ref,
        size: bytes,
      }))
    })
  }
}
