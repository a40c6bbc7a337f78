import type { FastifyReply, FastifyRequest } from 'fastify'
import { Follow } from '../../../catalog/index.ts'
import { accountOf, personOf } from '../../accounts.ts'
import type { HubContext } from '../../context.ts'
import { pageOf, showPage } from '../../paging.ts'
import type { Route } from '../../request.ts'

/** Who follows an account, and whom a person follows; newest first. */
export const listFollows: Route = (app, context) => {
  const handler = (side: Follow.Side) => (request: FastifyRequest, reply: FastifyReply) =>
    list(context, request, reply, side)
  app.get('/api/users/:user/followers', handler('followers'))
  app.get('/api/users/:user/following', handler('following'))
  app.get('/api/organizations/:org/followers', handler('followers'))
}

const list = async (context: HubContext, request: FastifyRequest, reply: FastifyReply, side: Follow.Side) => {
  const kind = 'org' in (request.params as object) ? 'org' : 'user'
  const account = await accountOf(context, request, kind)
  const page = pageOf(request)
  const rows = await Follow.list(context.catalog.db, side, account.id, page)
  const shown = showPage(context, request, reply, page, rows, (row) => row.account.id)
  return shown.map((row) => personOf(context, request, row.account))
}
