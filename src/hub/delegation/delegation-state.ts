import { Delegation, Repo } from '../../catalog/index.ts'
import type { Chain } from '../../chain/index.ts'
import { type Hex, RepoId } from '../../core/index.ts'
import type { LoginWire } from '../../wire/index.ts'
import { missingAsUndefined } from '../bring-on-chain.ts'
import type { HubContext } from '../context.ts'
import { mapParallel } from '../map-parallel.ts'

export type State = LoginWire.Delegations['repos'][number]

/** What the chain says about these repositories; those that were never published are left out. */
export const delegationStates = async (
  { catalog }: HubContext,
  chain: Chain.Chain,
  repos: readonly Repo.Repo[],
  delegate: Hex,
): Promise<State[]> => {
  const ids = repos.map(({ id }) => id)
  const known = await Delegation.ofRepos(catalog.db, ids)
  const states = await mapParallel(repos, 16, (repo) => stateOf(chain, repo, delegate, known.get(repo.id)))
  return states.filter((state) => state !== undefined)
}

const stateOf = async (
  chain: Chain.Chain,
  repo: Repo.Repo,
  delegate: Hex,
  delegation: Delegation.Delegation | undefined,
): Promise<State | undefined> => {
  const modelId = await chain.resolve(repo.key)
  const model = modelId === undefined ? undefined : await missingAsUndefined(chain.model(modelId))
  if (!model) return undefined
  return {
    repo: RepoId.key(Repo.idOf(repo)),
    modelId: model.modelId.toString(),
    owner: model.owner,
    ownerEpoch: model.ownerEpoch.toString(),
    expiry: (await chain.delegateExpiry(model.modelId, delegate)).toString(),
    problem: delegation?.lastError ?? null,
  }
}
