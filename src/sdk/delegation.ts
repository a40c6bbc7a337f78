import { Delegate, Domain, type Hex, NotFound, RepoId } from '../core/index.ts'
import { LoginWire } from '../wire/index.ts'
import { type Connection, signerOf } from './Connection.ts'
import * as Ledger from './Ledger.ts'

export type Delegated = {
  repo: string
  /** The hub's address, which may sign for the owner. */
  delegate: Hex
  /** Unix time in s; in the past where it was taken back. */
  expiry: bigint
  tx: Hex
}

export type DelegateOptions = {
  /** These repositories; all that the wallet owns and published otherwise. */
  repos?: readonly RepoId.RepoId[] | undefined
  /** How long, in days. */
  days?: number | undefined
}

const daySeconds = 86_400
const defaultDays = 90

/** Signs that the hub may anchor commits of repositories that this wallet owns. */
export const delegate = (
  connection: Connection,
  { repos, days = defaultDays }: DelegateOptions,
): Promise<Delegated[]> => each(connection, repos, BigInt(Math.floor(connection.now() / 1000) + days * daySeconds))

/** Signs that the hub may not do so any more. */
export const undelegate = (
  connection: Connection,
  { repos }: Pick<DelegateOptions, 'repos'> = {},
): Promise<Delegated[]> => each(connection, repos, BigInt(Math.floor(connection.now() / 1000) - 60))

async function each(
  connection: Connection,
  repos: readonly RepoId.RepoId[] | undefined,
  expiry: bigint,
): Promise<Delegated[]> {
  const done: Delegated[] = []
  for (const repo of repos ?? [undefined]) {
    const query = repo === undefined ? {} : { query: { repo: RepoId.key(repo) } }
    const found = LoginWire.Delegations.parse(await connection.hub.json('/api/dehug/delegations', query))
    if (repo !== undefined && found.repos.length === 0) throw new NotPublished(RepoId.key(repo))
    for (const one of found.repos) {
      const mine = one.owner === signerOf(connection).address
      const isChange = repo !== undefined || expiry > BigInt(Math.floor(connection.now() / 1000)) || one.expiry !== '0'
      if (mine && isChange) done.push(await sign(connection, one.repo, found.delegate as Hex, expiry))
    }
  }
  return done
}

/** Model and epoch are the chain's word, not the hub's. */
async function sign(connection: Connection, repo: string, delegateTo: Hex, expiry: bigint): Promise<Delegated> {
  const { chain, deployment } = await Ledger.open(connection)
  const { modelId, ownerEpoch } = await chain.head(repo)
  const message: Delegate.Delegate = { modelId, delegate: delegateTo, expiry, ownerEpoch }
  const domain = Domain.registry(deployment.chainId, deployment.contracts.ModelRegistry)
  const signature = await signerOf(connection).sign(Delegate.digest(Domain.separator(domain), message))
  const { tx } = (await connection.hub.json('/api/dehug/delegations', {
    method: 'POST',
    body: { repo, delegate: Delegate.serialize(message), signature },
  })) as { tx: Hex }
  return { repo, delegate: delegateTo, expiry, tx }
}

/** Nothing of the repository is on chain, so nobody owns it there yet. */
export class NotPublished extends NotFound {
  constructor(repo: string) {
    super(`${repo} was never published, so there is nothing to delegate.`, {
      code: 'not_published',
      hint: `The first version needs your own signature: run \`dehug anchor ${repo}\` once.`,
    })
  }
}
