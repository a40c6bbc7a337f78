import type { FastifyRequest } from 'fastify'
import { Collection } from '../../../catalog/index.ts'
import { readableCollection } from '../../CollectionView.ts'
import type { HubContext } from '../../context.ts'
import { assertActs, type Route } from '../../request.ts'

/** Votes for a collection, or takes the vote back; doing either twice changes nothing. */
export const voteCollection: Route = (app, context) => {
  app.post('/api/collections/:owner/:slug/upvote', (request) => vote(context, request, true))
  app.delete('/api/collections/:owner/:slug/upvote', (request) => vote(context, request, false))
}

const vote = async (context: HubContext, request: FastifyRequest, up: boolean) => {
  const { collection } = await readableCollection(context, request)
  const { user } = assertActs(request)
  await Collection.vote(context.catalog.db, collection, user.id, up)
  return { upvoted: up }
}
