import { TokenNeeded } from '../../errors.ts'
import type { Route } from '../../request.ts'

/** `GET /v2/`: clients ask here first, and learn where tokens are; those without an account get one for what is public. */
export const getBase: Route = (app) => {
  app.route({
    method: ['GET', 'HEAD'],
    url: '/v2/',
    handler: async (request, reply) => {
      if (request.headers.authorization === undefined) throw new TokenNeeded()
      return reply.type('application/json').send('{}')
    },
  })
}
