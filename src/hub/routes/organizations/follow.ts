import type { FastifyRequest } from 'fastify'
import { Follow } from '../../../catalog/index.ts'
import { BadInput } from '../../../core/index.ts'
import { accountOf } from '../../accounts.ts'
import type { HubContext } from '../../context.ts'
import { assertActs, type Route } from '../../request.ts'

/** Follows a person or an organisation, or stops that; doing either twice changes nothing. */
export const follow: Route = (app, context) => {
  for (const url of ['/api/users/:user/follow', '/api/organizations/:org/follow']) {
    app.post(url, (request) => change(context, request, true))
    app.delete(url, (request) => change(context, request, false))
  }
}

const change = async (context: HubContext, request: FastifyRequest, follows: boolean) => {
  const { db } = context.catalog
  const kind = 'org' in (request.params as object) ? 'org' : 'user'
  const account = await accountOf(context, request, kind)
  const { user } = assertActs(request)
  if (account.id === user.id) throw new BadInput('Nobody follows themselves.', { code: 'bad_follow' })
  await (follows ? Follow.add(db, user.id, account.id, context.clock()) : Follow.remove(db, user.id, account.id))
  return { following: follows }
}
