import { Organization } from '../../../catalog/index.ts'
import { Struct } from '../../../core/index.ts'
import { AccessWire } from '../../../wire/index.ts'
import { accountOf, assertAdmin } from '../../accounts.ts'
import type { Route } from '../../request.ts'

/** Changes what an organisation says about itself, and how its new repositories begin. */
export const updateOrganization: Route = (app, context) => {
  app.patch('/api/organizations/:org', async (request) => {
    const org = await accountOf(context, request, 'org')
    await assertAdmin(context, request, org)
    const wish = Struct.parseWith(AccessWire.UpdateOrganization, request.body, 'organisation')
    const { name, fullname, details, defaultVisibility } = await Organization.update(context.catalog.db, org, wish)
    return { name, fullname, details, defaultVisibility }
  })
}
