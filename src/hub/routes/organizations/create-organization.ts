import { Organization, Token } from '../../../catalog/index.ts'
import { Struct } from '../../../core/index.ts'
import { AccessWire } from '../../../wire/index.ts'
import { avatarUrl } from '../../accounts.ts'
import { TokenOnlyReads } from '../../errors.ts'
import { type Route, requireHolder } from '../../request.ts'

/** Makes an organisation whose admin is the caller. */
export const createOrganization: Route = (app, context) => {
  app.post('/api/organizations', async (request) => {
    const { user, token } = requireHolder(request)
    if (!Token.may(token, 'org.write')) throw new TokenOnlyReads()
    const wish = Struct.parseWith(AccessWire.CreateOrganization, request.body, 'organisation')
    const org = await Organization.create(context.catalog.db, wish, user, context.clock())
    return {
      type: 'org',
      id: org.id,
      name: org.name,
      fullname: org.fullname,
      avatarUrl: avatarUrl(context, request, org),
    }
  })
}
