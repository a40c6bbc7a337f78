import { Tree } from '../../../catalog/index.ts'
import * as FileInfo from '../../FileInfo.ts'
import {
  commitOf,
  linkNext,
  numberParam,
  paramsOf,
  places,
  type Route,
  readableRepo,
  textParam,
} from '../../request.ts'

/** The history of a revision, newest first. */
export const listCommits: Route = (app, context) => {
  for (const { type, api } of places) {
    app.get(`${api}/:ns/:name/commits/:rev`, async (request, reply) => {
      const repo = await readableRepo(context, request, type)
      const from = await commitOf(context, repo, paramsOf(request).rev)
      const line = await Tree.history(context.catalog.db, repo.id, from)
      const size = numberParam(request, 'limit', 50, 1000)
      const page = /^\d{1,6}$/.test(textParam(request, 'p') ?? '') ? Number(textParam(request, 'p')) : 0
      reply.header('x-total-count', line.length)
      if (line.length > (page + 1) * size) linkNext(context, request, reply, { p: String(page + 1) })
      return line.slice(page * size, (page + 1) * size).map((commit) => ({
        ...FileInfo.titled(commit),
        authors: [{ user: commit.author.name }],
      }))
    })
  }
}
