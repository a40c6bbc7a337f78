import { assertMayDownload } from '../../Gate.ts'
import { assertWritable, places, type Route, readableRepo } from '../../request.ts'

/** Whether the caller may read the files of a repository, or change it. */
export const authCheck: Route = (app, context) => {
  for (const { type, api } of places) {
    app.get(`${api}/:ns/:name/auth-check`, async (request) => {
      const repo = await readableRepo(context, request, type)
      await assertMayDownload(context, request, repo)
      return { ok: true }
    })
    app.get(`${api}/:ns/:name/auth-check/write`, async (request) => {
      const repo = await readableRepo(context, request, type)
      await assertMayDownload(context, request, repo)
      await assertWritable(context, request, repo)
      return { ok: true }
    })
  }
}
