import { AccessRequest } from '../../../catalog/index.ts'
import { Struct } from '../../../core/index.ts'
import { AccessWire } from '../../../wire/index.ts'
import { accountNamed } from '../../accounts.ts'
import { places, type Route } from '../../request.ts'
import { notifyOfDecision } from '../../signals/notify.ts'
import { keptGate } from './kept-gate.ts'

/** Lets in, refuses, or cancels the decision on who asked for access. */
export const handleAccessRequest: Route = (app, context) => {
  for (const { type, api } of places) {
    app.post(`${api}/:ns/:name/user-access-request/handle`, async (request) => {
      const { repo, holder } = await keptGate(context, request, type)
      const wish = Struct.parseWith(AccessWire.HandleAccessRequest, request.body, 'decision')
      const account = await accountNamed(context, wish.user)
      const decision = { status: wish.status, reason: wish.rejectionReason ?? undefined, by: holder.user.id }
      await AccessRequest.decide(context.catalog.db, repo.id, account, decision, context.clock())
      const told = { userId: account.id, by: holder.user.id, status: wish.status, at: context.clock() }
      await notifyOfDecision(context.catalog.db, repo, told)
      return { user: account.name, status: wish.status }
    })
  }
}
