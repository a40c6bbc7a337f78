import { Organization } from '../../../catalog/index.ts'
import { Struct } from '../../../core/index.ts'
import { AccessWire } from '../../../wire/index.ts'
import { accountNamed, assertAdmin } from '../../accounts.ts'
import type { Route } from '../../request.ts'

/** Adds a member, or gives one another role. */
export const setMember: Route = (app, context) => {
  app.put('/api/organizations/:org/members/:user', async (request) => {
    const { org: name = '', user: member = '' } = request.params as { org?: string; user?: string }
    const org = await accountNamed(context, name, 'org')
    await assertAdmin(context, request, org)
    const { role } = Struct.parseWith(AccessWire.SetMember, request.body, 'membership')
    const user = await accountNamed(context, member, 'user')
    await Organization.setMember(context.catalog.db, org, user, role)
    return { user: user.name, role }
  })
}
