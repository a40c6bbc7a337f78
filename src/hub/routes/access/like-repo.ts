import type { FastifyRequest } from 'fastify'
import { Like } from '../../../catalog/index.ts'
import type { RepoId } from '../../../core/index.ts'
import type { HubContext } from '../../context.ts'
import { assertActs, places, type Route, readableRepo } from '../../request.ts'

/** Likes a repository, or takes the like back; doing either twice changes nothing. */
export const likeRepo: Route = (app, context) => {
  for (const { type, api } of places) {
    app.post(`${api}/:ns/:name/like`, (request) => like(context, request, type, true))
    app.delete(`${api}/:ns/:name/like`, (request) => like(context, request, type, false))
  }
}

const like = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType, likes: boolean) => {
  const { db } = context.catalog
  const repo = await readableRepo(context, request, type)
  const { user } = assertActs(request, repo.key)
  await (likes ? Like.add(db, repo.id, user.id, context.clock()) : Like.remove(db, repo.id, user.id))
  return { liked: likes }
}
