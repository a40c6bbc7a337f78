import { Organization, Token } from '../../../catalog/index.ts'
import { accountNamed, assertAdmin } from '../../accounts.ts'
import { type Route, requireHolder } from '../../request.ts'

/** Ends a membership: admins end anybody's, people their own. */
export const removeMember: Route = (app, context) => {
  app.delete('/api/organizations/:org/members/:user', async (request) => {
    const { org: name = '', user: member = '' } = request.params as { org?: string; user?: string }
    const org = await accountNamed(context, name, 'org')
    const { user, token } = requireHolder(request)
    const leaves = user.key === member.toLowerCase() && Token.may(token, 'org.write', org.key)
    if (!leaves) await assertAdmin(context, request, org)
    const leaving = await accountNamed(context, member, 'user')
    await Organization.removeMember(context.catalog.db, org, leaving)
    return { user: leaving.name, role: null }
  })
}
