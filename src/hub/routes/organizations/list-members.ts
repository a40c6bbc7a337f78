import { Account, Organization } from '../../../catalog/index.ts'
import { accountOf, personOf } from '../../accounts.ts'
import { linkNext, numberParam, type Route, textParam } from '../../request.ts'

const mostShown = 500

/** The members of an organisation by name; their roles only for members. */
export const listMembers: Route = (app, context) => {
  app.get('/api/organizations/:org/members', async (request, reply) => {
    const { db } = context.catalog
    const org = await accountOf(context, request, 'org')
    const limit = numberParam(request, 'limit', mostShown, mostShown)
    const after = textParam(request, 'cursor')?.replaceAll('\0', '')
    const isMember = request.holder && (await Account.roleIn(db, org.id, request.holder.user.id)) !== undefined
    const rows = await Organization.listMembers(db, org, { limit: limit + 1, after })
    const shown = rows.slice(0, limit)
    const last = shown.at(-1)
    if (last && rows.length > limit) linkNext(context, request, reply, { cursor: last.account.key })
    return shown.map(({ account, role }) => ({
      ...personOf(context, request, account),
      ...(isMember ? { role } : {}),
    }))
  })
}
