import { type Hex, RepoId, Struct } from '../../../core/index.ts'
import { LoginWire } from '../../../wire/index.ts'
import { applyDelegation } from '../../delegation/apply-delegation.ts'
import { assertWritable, findReadable, type Route, requireHolder } from '../../request.ts'

/** Brings an owner's delegation on chain, and anchors their commits from then on; or takes it back. */
export const setDelegation: Route = (app, context) => {
  app.post('/api/dehug/delegations', async (request) => {
    requireHolder(request)
    const wish = Struct.parseWith(LoginWire.SetDelegation, request.body, 'delegation')
    const { type, ...id } = RepoId.parse(wish.repo)
    const repo = await findReadable(context, request, type, RepoId.format({ type, ...id }))
    const { user } = await assertWritable(context, request, repo, 'repo.write')
    const signed = { delegate: wish.delegate, signature: wish.signature as Hex }
    const { tx, expiry } = await applyDelegation(context, { ...signed, repo, account: user.id })
    return { tx, expiry: expiry.toString() }
  })
}
