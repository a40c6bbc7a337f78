import { Account, Delegation } from '../../../catalog/index.ts'
import { RepoId } from '../../../core/index.ts'
import type { LoginWire } from '../../../wire/index.ts'
import * as Delegate from '../../delegation/Delegate.ts'
import { delegationStates } from '../../delegation/delegation-state.ts'
import { NoChain } from '../../errors.ts'
import { findReadable, type Route, requireHolder, textParam } from '../../request.ts'

const most = 500

/** The published repositories whose commits the caller can let the hub anchor, and for which they do. */
export const listDelegations: Route = (app, context) => {
  const { db } = context.catalog
  app.get('/api/dehug/delegations', async (request): Promise<LoginWire.Delegations> => {
    const { user, token } = requireHolder(request)
    const { chain } = context
    if (!chain) throw new NoChain()
    const { address } = await Delegate.of(context)
    const named = textParam(request, 'repo')
    const repos =
      named === undefined
        ? await Delegation.candidates(db, await Account.readableOwners(db, user.id), most, token)
        : [await findReadable(context, request, RepoId.parse(named).type, RepoId.format(RepoId.parse(named)))]
    return { delegate: address, repos: await delegationStates(context, chain, repos, address) }
  })
}
