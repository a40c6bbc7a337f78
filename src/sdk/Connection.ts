import type { Deployment } from '../chain/web.ts'
import { BadInput, type Hex, NotAuthenticated, type RepoId, type Signer } from '../core/index.ts'
import { HubWire } from '../wire/index.ts'
import * as Http from './Http.ts'

/** What the hub says about the network it belongs to (`GET /api/dehug/network`). */
export type NetworkFacts = Omit<HubWire.Network, 'contracts'> & { contracts: Record<string, Hex> }

/** One hub as one user sees it; every verb of the SDK takes it first. */
export type Connection = {
  readonly endpoint: string
  readonly hub: Http.Http
  /** The inference door with the API key as its bearer; throws {@link NoApiKey} without one. */
  gateway(): Promise<Http.Http>
  /** The inference door for what needs no key: quotes, and what carries its own signature. */
  openGateway(): Promise<Http.Http>
  readonly signer: Signer | undefined
  readonly token: string | undefined
  readonly apiKey: string | undefined
  readonly rpcUrl: string | undefined
  readonly cacheDir: string | undefined
  readonly fetch: typeof fetch
  readonly now: () => number
  readonly network: () => Promise<NetworkFacts>
  /** The contracts of a public network as this program knows them itself. */
  readonly deploymentOf: (chainId: number) => Promise<Deployment.Deployment>
}

export type ConnectionOptions = {
  /** Origin of the hub. */
  endpoint: string
  /** Hub token (`hf_…`); needed to write and to read what is private. */
  token?: string | undefined
  /** Signs manifests, sessions and withdrawals; needed to publish and to move money. */
  signer?: Signer | undefined
  /** Inference key (`sk-dehug-…`). */
  apiKey?: string | undefined
  /** Origin of the inference door; otherwise the one the hub names. */
  gateway?: string | undefined
  /** Own node of the chain; otherwise the one the hub names. Give it where the hub is not to be trusted. */
  rpcUrl?: string | undefined
  /** Where digests of unchanged files are remembered. */
  cacheDir?: string | undefined
  fetch?: typeof fetch | undefined
  now?: (() => number) | undefined
  /** Contracts of public networks by chain id; a program in Node has those that this package ships. */
  deploymentOf?: ((chainId: number) => Promise<Deployment.Deployment>) | undefined
}

/** Opens nothing; the network's facts are asked for once, when they are first needed. */
export function from(options: ConnectionOptions): Connection {
  const endpoint = parseEndpoint(options.endpoint)
  const hub = Http.from({ origin: endpoint, bearer: options.token, fetch: options.fetch })
  let facts: Promise<NetworkFacts> | undefined
  const network = () => {
    facts ??= askNetwork(hub, endpoint).catch((error: unknown) => {
      facts = undefined
      throw error
    })
    return facts
  }
  const gateway = async (bearer?: string) =>
    Http.from({ origin: options.gateway ?? (await network()).gateway, bearer, fetch: options.fetch })
  return {
    endpoint,
    hub,
    network,
    gateway: async () => {
      if (options.apiKey === undefined) throw new NoApiKey()
      return gateway(options.apiKey)
    },
    openGateway: () => gateway(),
    signer: options.signer,
    token: options.token,
    apiKey: options.apiKey,
    rpcUrl: options.rpcUrl,
    cacheDir: options.cacheDir,
    fetch: options.fetch ?? fetch,
    now: options.now ?? (() => Date.now()),
    deploymentOf: options.deploymentOf ?? unknownDeployment,
  }
}

/** The signer, or the error that says how to get one. */
export function signerOf(connection: Connection): Signer {
  if (!connection.signer) throw new NoKey()
  return connection.signer
}

/** `/api/models/ns/name`, `/api/datasets/ns/name`. */
export const apiPath = (repo: RepoId.RepoId): string => `/api/${repo.type}s/${repo.namespace}/${repo.name}`

/** `/ns/name` for models, `/datasets/ns/name` for the rest: where files are resolved. */
export const filePath = (repo: RepoId.RepoId): string =>
  `${repo.type === 'model' ? '' : `/${repo.type}s`}/${repo.namespace}/${repo.name}`

async function unknownDeployment(chainId: number): Promise<never> {
  const { Deployment } = await import('../chain/web.ts')
  throw new Deployment.NotDeployed(chainId)
}

async function askNetwork(hub: Http.Http, endpoint: string): Promise<NetworkFacts> {
  const facts = HubWire.Network.safeParse(await hub.json('/api/dehug/network'))
  if (!facts.success) throw new NotADehugHub(endpoint)
  return { ...facts.data, contracts: facts.data.contracts as Record<string, Hex> }
}

function parseEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new BadInput(`"${text}" is not the address of a hub.`, {
      code: 'bad_endpoint',
      hint: 'Write it like http://127.0.0.1:4800, in --endpoint or DEHUG_ENDPOINT.',
    })
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

/** The origin answers, but not as a DeHug hub. */
export class NotADehugHub extends BadInput {
  constructor(endpoint: string) {
    super(`${endpoint} is no DeHug hub: it does not name its chain and contracts.`, {
      code: 'not_a_dehug_hub',
      hint: 'Set DEHUG_ENDPOINT to the origin of a DeHug hub.',
    })
  }
}

/** A verb that signs was called without a key. */
export class NoKey extends NotAuthenticated {
  constructor() {
    super('This needs your key, to sign with.', {
      code: 'no_key',
      hint: 'Run `dehug login`, or set DEHUG_PRIVATE_KEY.',
    })
  }
}

/** A verb that runs models was called without an inference key. */
export class NoApiKey extends NotAuthenticated {
  constructor() {
    super('This needs an inference key, which says who pays.', {
      code: 'no_api_key',
      hint: 'Make one with `dehug channel fund 5`, or set DEHUG_API_KEY.',
    })
  }
}
