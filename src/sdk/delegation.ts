import { Delegate, Domain, type Hex, NotFound, NotPermitted, RepoId } from '../core/index.ts'
import { LoginWire } from '../wire/index.ts'
import { type Connection, signerOf } from './Connection.ts'
import * as Ledger from './Ledger.ts'

/** What the owner signs: for this repository, this address may publish versions and move tags until `expiry`. */
export type Wish = {
  repo: string
  /** The hub's address, which may sign for the owner. */
  delegate: Hex
  /** Unix time in s; in the past where it is taken back. */
  expiry: bigint
}

export type Delegated = Wish & { tx: Hex }

export type DelegateOptions = {
  /** These repositories; all that the wallet owns and published otherwise. */
  repos?: readonly RepoId.RepoId[] | undefined
  /** How long, in days. */
  days?: number | undefined
  /** Told everything that will be signed, before the first signature; throwing signs nothing. */
  onSign?: ((wishes: readonly Wish[]) => void) | undefined
}

const daySeconds = 86_400
const defaultDays = 90

/** Signs that the hub may anchor commits of repositories that this wallet owns. Throws {@link NotPublished}, {@link NotOwner}. */
export const delegate = (connection: Connection, options: DelegateOptions): Promise<Delegated[]> =>
  signAll(connection, options, present(connection) + BigInt((options.days ?? defaultDays) * daySeconds))

/** Signs that the hub may not do so any more. */
export const undelegate = (connection: Connection, options: Omit<DelegateOptions, 'days'> = {}): Promise<Delegated[]> =>
  signAll(connection, options, present(connection) - 60n)

const present = (connection: Connection): bigint => BigInt(Math.floor(connection.now() / 1000))

async function signAll(connection: Connection, options: DelegateOptions, expiry: bigint): Promise<Delegated[]> {
  const wishes = await plan(connection, options.repos, expiry)
  if (wishes.length > 0) options.onSign?.(wishes)
  const done: Delegated[] = []
  for (const wish of wishes) done.push(await sign(connection, wish))
  return done
}

/** Named repositories have to be this wallet's; of all of them, those that are and where something changes. */
async function plan(
  connection: Connection,
  repos: readonly RepoId.RepoId[] | undefined,
  expiry: bigint,
): Promise<Wish[]> {
  const { address } = signerOf(connection)
  const wishes: Wish[] = []
  for (const repo of repos ?? [undefined]) {
    const query = repo === undefined ? {} : { query: { repo: RepoId.key(repo) } }
    const found = LoginWire.Delegations.parse(await connection.hub.json('/api/dehug/delegations', query))
    const [named] = found.repos
    if (repo !== undefined && !named) throw new NotPublished(RepoId.key(repo))
    if (repo !== undefined && named && named.owner !== address) throw new NotOwner(named.repo, named.owner, address)
    for (const one of found.repos) {
      const isChange = repo !== undefined || expiry > present(connection) || BigInt(one.expiry) > expiry
      if (one.owner === address && isChange) wishes.push({ repo: one.repo, delegate: found.delegate as Hex, expiry })
    }
  }
  return wishes
}

/** Model and epoch are the chain's word, not the hub's. */
async function sign(connection: Connection, wish: Wish): Promise<Delegated> {
  const { chain, deployment } = await Ledger.open(connection)
  const { modelId, ownerEpoch } = await chain.head(wish.repo)
  const message: Delegate.Delegate = { modelId, delegate: wish.delegate, expiry: wish.expiry, ownerEpoch }
  const domain = Domain.registry(deployment.chainId, deployment.contracts.ModelRegistry)
  const signature = await signerOf(connection).sign(Delegate.digest(Domain.separator(domain), message))
  const { tx } = (await connection.hub.json('/api/dehug/delegations', {
    method: 'POST',
    body: { repo: wish.repo, delegate: Delegate.serialize(message), signature },
  })) as { tx: Hex }
  return { ...wish, tx }
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

/** Only who holds the NFT can let somebody sign for the repository. */
export class NotOwner extends NotPermitted {
  constructor(repo: string, owner: string, address: Hex) {
    super(`${repo} belongs to ${owner}; your key is ${address}.`, {
      code: 'not_owner',
      hint: 'Sign with the key that holds the NFT of the repository.',
    })
  }
}
