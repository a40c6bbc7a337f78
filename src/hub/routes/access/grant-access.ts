import { AccessRequest } from '../../../catalog/index.ts'
import { Struct } from '../../../core/index.ts'
import { AccessWire } from '../../../wire/index.ts'
import { accountNamed } from '../../accounts.ts'
import { places, type Route } from '../../request.ts'
import { keptGate } from './kept-gate.ts'

/** Lets in a person, or all members of an organisation, who need not have asked. */
export const grantAccess: Route = (app, context) => {
  for (const { type, api } of places) {
    app.post(`${api}/:ns/:name/user-access-request/grant`, async (request) => {
      const { repo, holder } = await keptGate(context, request, type)
      const { user } = Struct.parseWith(AccessWire.GrantAccess, request.body, 'grant')
      const account = await accountNamed(context, user)
      await AccessRequest.grant(context.catalog.db, repo.id, account, holder.user.id, context.clock())
      return { user: account.name, status: 'accepted' }
    })
  }
}
