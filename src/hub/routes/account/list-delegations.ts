import { Account, Delegation, Repo } from '../../../catalog/index.ts'
import type { Chain } from '../../../chain/index.ts'
import { type Hex, RepoId } from '../../../core/index.ts'
import type { LoginWire } from '../../../wire/index.ts'
import { missingAsUndefined } from '../../bring-on-chain.ts'
import * as Delegate from '../../delegation/Delegate.ts'
import { NoChain } from '../../errors.ts'
import { mapParallel } from '../../map-parallel.ts'
import { findReadable, type Route, requireHolder, textParam } from '../../request.ts'

const most = 500

/** The published repositories whose commits the caller can let the hub anchor, and for which they do. */
export const listDelegations: Route = (app, context) => {
  const { db } = context.catalog
  app.get('/api/dehug/delegations', async (request): Promise<LoginWire.Delegations> => {
    const holder = requireHolder(request)
    if (!context.chain) throw new NoChain()
    const { chain } = context
    const { address } = await Delegate.of(context)
    const named = textParam(request, 'repo')
    const repos =
      named === undefined
        ? await Delegation.candidates(db, await Account.readableOwners(db, holder.user.id), holder.token, most)
        : [await findReadable(context, request, RepoId.parse(named).type, RepoId.format(RepoId.parse(named)))]
    const known = await Delegation.ofRepos(
      db,
      repos.map(({ id }) => id),
    )
    const found = await mapParallel(repos, 16, (repo) => stateOf(chain, repo, address, known.get(repo.id)))
    return { delegate: address, repos: found.filter((state) => state !== undefined) }
  })
}

const stateOf = async (
  chain: Chain.Chain,
  repo: Repo.Repo,
  address: Hex,
  delegation: Delegation.Delegation | undefined,
): Promise<LoginWire.Delegations['repos'][number] | undefined> => {
  const modelId = await chain.resolve(repo.key)
  const model = modelId === undefined ? undefined : await missingAsUndefined(chain.model(modelId))
  if (!model) return undefined
  return {
    repo: RepoId.key(Repo.idOf(repo)),
    modelId: model.modelId.toString(),
    owner: model.owner,
    ownerEpoch: model.ownerEpoch.toString(),
    expiry: (await chain.delegateExpiry(model.modelId, address)).toString(),
    problem: delegation?.lastError ?? null,
  }
}
