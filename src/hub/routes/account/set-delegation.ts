import { Delegation } from '../../../catalog/index.ts'
import { Calls, type Chain } from '../../../chain/index.ts'
import { BadInput, type Delegate as DelegateMessage, type Hex, RepoId, Struct } from '../../../core/index.ts'
import { LoginWire } from '../../../wire/index.ts'
import * as Delegate from '../../delegation/Delegate.ts'
import { NoChain } from '../../errors.ts'
import { assertWritable, findReadable, type Route, requireHolder } from '../../request.ts'

/** Brings an owner's delegation on chain, and anchors their commits from then on; or takes it back. */
export const setDelegation: Route = (app, context) => {
  app.post('/api/dehug/delegations', async (request) => {
    requireHolder(request)
    const wish = Struct.parseWith(LoginWire.SetDelegation, request.body, 'delegation')
    const { type, ...id } = RepoId.parse(wish.repo)
    const repo = await findReadable(context, request, type, RepoId.format({ type, ...id }))
    const { user } = await assertWritable(context, request, repo, 'repo.write')
    const { chain, relayer } = context
    if (!chain || !relayer) throw new NoChain()
    const { address } = await Delegate.of(context)
    await assertAbout(chain, repo.key, wish.delegate, address)
    const call = Calls.delegate(chain.deployment, wish.delegate, wish.signature as Hex)
    const { hash } = await relayer.send(call, { account: user.id })
    const { db } = context.catalog
    const expiry = await chain.delegateExpiry(wish.delegate.modelId, address)
    const { ownerEpoch } = wish.delegate
    if (expiry <= (await chain.now())) await Delegation.remove(db, repo.id)
    else {
      const expiresAt = new Date(Math.min(Number(expiry), farFuture) * 1000)
      await Delegation.set(db, { repoId: repo.id, delegate: address, ownerEpoch, expiresAt }, context.clock())
    }
    return { tx: hash, expiry: expiry.toString() }
  })
}

/** The latest time that Postgres and JavaScript both hold without trouble: the year 9000. */
const farFuture = 221_845_392_000

const assertAbout = async (
  chain: Chain.Chain,
  key: string,
  { modelId, delegate }: DelegateMessage.Delegate,
  address: Hex,
): Promise<void> => {
  if ((await chain.resolve(key)) !== modelId) {
    throw new BadInput(`The delegation is about another model than ${key}, or that was never published.`, {
      code: 'bad_delegation',
      hint: 'Publish it first with `dehug push` or `dehug anchor`.',
    })
  }
  if (delegate !== address) {
    throw new BadInput(`The delegation is for ${delegate}; this hub signs with ${address}.`, { code: 'bad_delegation' })
  }
}
