import { Delegation, type Repo } from '../../catalog/index.ts'
import { Calls, type Chain } from '../../chain/index.ts'
import { BadInput, type Hex, type Delegate as Message } from '../../core/index.ts'
import type { HubContext } from '../context.ts'
import { NoChain } from '../errors.ts'
import * as Delegate from './Delegate.ts'

export type Signed = { delegate: Message.Delegate; signature: Hex }

/**
 * Brings an owner's signed delegation on chain and anchors their commits from then on, or stops. Whether the signature
 * is the owner's is the contract's to say. Throws {@link BadDelegation}, `NoChain` and what the contract refuses with.
 */
export const applyDelegation = async (
  context: HubContext,
  { repo, account, delegate, signature }: Signed & { repo: Repo.Repo; account: string },
): Promise<{ tx: Hex; expiry: bigint }> => {
  const { chain, relayer } = context
  if (!chain || !relayer) throw new NoChain()
  const { address } = await Delegate.of(context)
  await assertAbout(chain, repo.key, delegate, address)
  const { hash } = await relayer.send(Calls.delegate(chain.deployment, delegate, signature), { account })
  const { db } = context.catalog
  const expiry = await chain.delegateExpiry(delegate.modelId, address)
  if (expiry <= (await chain.now())) await Delegation.remove(db, repo.id)
  else {
    const expiresAt = new Date(Math.min(Number(expiry), farFuture) * 1000)
    const { ownerEpoch } = delegate
    await Delegation.set(db, { repoId: repo.id, delegate: address, ownerEpoch, expiresAt }, context.clock())
  }
  return { tx: hash, expiry }
}

/** The latest time that Postgres and JavaScript both hold without trouble: the year 9000. */
const farFuture = 221_845_392_000

const assertAbout = async (
  chain: Chain.Chain,
  key: string,
  { modelId, delegate }: Message.Delegate,
  address: Hex,
): Promise<void> => {
  if ((await chain.resolve(key)) !== modelId) {
    const hint = 'Publish it first with `dehug push` or `dehug anchor`.'
    throw new BadDelegation(`The delegation is about another model than ${key}, or that was never published.`, hint)
  }
  if (delegate !== address) {
    throw new BadDelegation(`The delegation is for ${delegate}; this hub signs with ${address}.`, 'Sign again for it.')
  }
}

/** A delegation that does not fit the repository or this hub. */
export class BadDelegation extends BadInput {
  constructor(message: string, hint: string) {
    super(message, { code: 'bad_delegation', hint })
  }
}
