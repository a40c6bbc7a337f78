import { type Abi, type AbiFunction, createPublicClient, type PublicClient } from 'viem'
import { type Hex, NotFound, RepoId } from '../core/index.ts'
import {
  Badges,
  EngagementOracle,
  ModelNFT,
  ModelRegistry,
  ProviderRegistry,
  RevenueLedger,
  UsageController,
} from './abi/index.ts'
import { lowerAddresses } from './addresses.ts'
import { assertDeployment } from './assert-deployment.ts'
import { type ChainWatch, type WatchOptions, watch } from './ChainWatch.ts'
import {
  type ChannelState,
  ChannelStatus,
  type Head,
  type ModelState,
  type ProviderState,
  type SessionState,
  type VersionState,
} from './chain-states.ts'
import { type ContractName, type Deployment, NotDeployed } from './DeploymentShape.ts'
import { type ChainEvent, chunks, type EventContract, type EventFilter, type EventName } from './Events.ts'
import { orUnreachable } from './rpc.ts'
import { nodeTransport } from './transport.ts'
import { usdcAbi } from './usdc-abi.ts'

export type Options = {
  rpcUrl: string
  deployment: Deployment
  /** How often the node is asked for news; default 100 ms on loopback chains, 1 s elsewhere. */
  pollMs?: number
}

type Reads = ReturnType<typeof usageReads> &
  ReturnType<typeof modelReads> &
  ReturnType<typeof moneyReads> &
  ReturnType<typeof signalReads>

/** Typed reads of one network. Reads made in the same tick travel in one request. */
export type Chain = Reads & {
  client: PublicClient
  rpcUrl: string
  deployment: Deployment
  chainId: number
  pollMs: number
  /** Events as they are on chain, oldest first, one array a chunk of blocks; what cannot be read throws. */
  events<C extends EventContract = EventContract, N extends EventName<C> = EventName<C>>(
    filter?: EventFilter<C, N>,
  ): AsyncGenerator<ChainEvent<C, N>[]>
  blockNumber(): Promise<bigint>
  /** Time of the latest block, unix seconds: what the contracts compare deadlines with. */
  now(): Promise<bigint>
  /** Follows the chain; see `ChainWatch`. */
  watch(of?: WatchOptions): ChainWatch
}

/** Connects and checks that node, contracts and USDC are what the deployment says. Throws `ForeignChain`, `NotDeployed`, `WrongUsdcDomain`, `WrongWiring`. */
export async function connect(options: Options): Promise<Chain> {
  const { deployment, rpcUrl } = options
  const client: PublicClient = createPublicClient({ transport: nodeTransport(rpcUrl), cacheTime: 0 })
  await assertDeployment(client, deployment).catch((error) => {
    throw orUnreachable(error, rpcUrl)
  })
  const chain: Chain = {
    client,
    rpcUrl,
    deployment,
    chainId: deployment.chainId,
    pollMs: options.pollMs ?? (deployment.chainId === 31337 ? 100 : 1_000),
    ...usageReads(client, deployment),
    ...modelReads(client, deployment),
    ...moneyReads(client, deployment),
    ...signalReads(client, deployment),
    events: <C extends EventContract = EventContract, N extends EventName<C> = EventName<C>>(
      filter: EventFilter<C, N> = {},
    ) => chunks(client, deployment, filter),
    blockNumber: () => client.getBlockNumber({ cacheTime: 0 }),
    now: async () => (await client.getBlock()).timestamp,
    watch: (of = {}) => watch(chain, of),
  }
  return chain
}

const abis = {
  ModelRegistry: ModelRegistry.abi,
  ModelNFT: ModelNFT.abi,
  RevenueLedger: RevenueLedger.abi,
  ProviderRegistry: ProviderRegistry.abi,
  UsageController: UsageController.abi,
  USDC: usdcAbi,
  EngagementOracle: EngagementOracle.abi,
  Badges: Badges.abi,
} as const

/** Reads with lower-case addresses; `T` is the shape that the ABI's answer has then. */
const reader =
  (client: PublicClient, deployment: Deployment, contract: ContractName | 'EngagementOracle' | 'Badges') =>
  async <T>(functionName: string, args: readonly unknown[] = []): Promise<T> => {
    const abi: Abi = abis[contract]
    const { outputs } = abi.find((item) => item.type === 'function' && item.name === functionName) as AbiFunction
    const address = deployment.contracts[contract]
    if (address === undefined) throw new NotDeployed(deployment.chainId)
    const answer = await client.readContract({ address, abi, functionName, args }).catch((error) => {
      throw orUnreachable(error, client.transport.url)
    })
    return (outputs.length === 1 && outputs[0] ? lowerAddresses(outputs[0], answer) : answer) as T
  }

function usageReads(client: PublicClient, deployment: Deployment) {
  const read = reader(client, deployment, 'UsageController')
  return {
    /** A channel; `status` is `none` where nothing was ever locked under this id. */
    channel: async (id: Hex): Promise<ChannelState> => {
      const { state, ...rest } = await read<Omit<ChannelState, 'id' | 'status'> & { state: number }>('channel', [id])
      return { id, ...rest, status: ChannelStatus[state] ?? 'none' }
    },
    /** A session; undefined when it was never opened. */
    session: async (id: Hex): Promise<SessionState | undefined> => {
      const state = await read<Omit<SessionState, 'id'>>('session', [id])
      return /^0x0+$/.test(state.payer) ? undefined : { id, ...state }
    },
    /** µUSDC of a payer that is neither locked nor spent. */
    free: (payer: Hex) => read<bigint>('free', [payer]),
    /** µUSDC a provider (or the treasury) earned and did not withdraw. */
    credit: (account: Hex) => read<bigint>('credit', [account]),
    /** Whether a nonce of a Withdraw or WithdrawCredit (scope: address padded to 32 bytes) or Lock (scope: session id) was used. */
    nonceUsed: (scope: Hex, nonce: bigint) => read<boolean>('nonceUsed', [scope, nonce]),
    protocolFeeBps: () => read<number>('feeBps'),
    closeWindowSeconds: () => read<number>('window'),
  }
}

function modelReads(client: PublicClient, deployment: Deployment) {
  const read = reader(client, deployment, 'ModelRegistry')
  const model = async (modelId: bigint): Promise<ModelState> => {
    const state = await read<Omit<ModelState, 'modelId'>>('model', [modelId]).catch(asMissing(`model ${modelId}`))
    if (/^0x0+$/.test(state.owner)) throw new UnknownOnChain(`model ${modelId}`)
    return { modelId, ...state }
  }
  return {
    /** A minted model. Throws `UnknownOnChain`. */
    model,
    /** An anchored version. Throws `UnknownOnChain`. */
    version: async (modelId: bigint, root: Hex): Promise<VersionState> => {
      const what = `version ${root} of model ${modelId}`
      const state = await read<Omit<VersionState, 'modelId' | 'root'>>('version', [modelId, root]).catch(
        asMissing(what),
      )
      if (state.at === 0n) throw new UnknownOnChain(what)
      return { modelId, root, ...state }
    },
    /** The model that has or had this name; undefined for a free name. */
    resolve: async (repo: RepoId.RepoId | string): Promise<bigint | undefined> =>
      (await read<bigint>('resolve', [keyOf(repo)])) || undefined,
    /** The newest version of the model of this name; renamed models are followed. Throws `UnknownOnChain`. */
    head: async (repo: RepoId.RepoId | string): Promise<Head> => {
      const modelId = await read<bigint>('resolve', [keyOf(repo)])
      if (modelId === 0n) throw new UnknownOnChain(`model called ${keyOf(repo)}`)
      const { head, owner, ownerEpoch, creatorBps } = await model(modelId)
      return { modelId, root: head, owner, ownerEpoch, creatorBps }
    },
    /** The root a tag points at, or undefined. */
    tagged: async (modelId: bigint, tag: string): Promise<Hex | undefined> => {
      const root = await read<Hex>('tagged', [modelId, tag])
      return /^0x0+$/.test(root) ? undefined : root
    },
    /** The owner of a namespace; undefined while nobody published in it. */
    namespaceOwner: async (namespace: string): Promise<Hex | undefined> => {
      const owner = await read<Hex>('namespaceOwner', [namespace.toLowerCase()])
      return /^0x0+$/.test(owner) ? undefined : owner
    },
    /** Until when (unix s) an account may publish for the present owner. */
    delegateExpiry: (modelId: bigint, account: Hex) => read<bigint>('delegateExpiry', [modelId, account]),
    /** The contract's own Merkle check of one file of a version. */
    verifyFile: (
      modelId: bigint,
      root: Hex,
      file: { path: string; size: bigint; sha256: Hex; cid: Hex },
      proof: readonly Hex[],
    ) => read<boolean>('verifyFile', [modelId, root, file.path, file.size, file.sha256, file.cid, proof]),
  }
}

/** What a poster said of a UTC day. */
export type SignalPost = {
  pulls: Hex
  usage: Hex
  scores: Hex
  dataCid: Hex
  /** Unix seconds; 0 where nothing was posted. */
  at: bigint
  struck: boolean
}

/** The winners of a season in the words of one issuer. */
export type SeasonPost = {
  root: Hex
  dataCid: Hex
  /** Unix seconds; 0 where nothing was published. */
  at: bigint
  struck: boolean
}

function signalReads(client: PublicClient, deployment: Deployment) {
  const read = reader(client, deployment, 'EngagementOracle')
  const badges = reader(client, deployment, 'Badges')
  return {
    /** How long a post of a day can be contested. Throws `NotDeployed` in a network without the oracle. */
    contestWindowSeconds: () => read<bigint>('window'),
    signalPost: (poster: Hex, epoch: number) => read<SignalPost>('posted', [poster, BigInt(epoch)]),
    /** A model's score by a poster now, in thousandths of a point. */
    signalScore: (poster: Hex, modelId: bigint) => read<bigint>('score', [poster, modelId]),
    /** Ten years of protocol fees at the present rate, µUSDC. */
    valuation: (poster: Hex, modelId: bigint) => read<bigint>('valuation', [poster, modelId]),
    seasonPost: (issuer: Hex, season: number) => badges<SeasonPost>('seasonOf', [issuer, BigInt(season)]),
    /** How long winners of a season can be contested. */
    seasonWindowSeconds: () => badges<bigint>('window'),
  }
}

function moneyReads(client: PublicClient, deployment: Deployment) {
  const revenue = reader(client, deployment, 'RevenueLedger')
  const providers = reader(client, deployment, 'ProviderRegistry')
  const usdc = reader(client, deployment, 'USDC')
  const nft = reader(client, deployment, 'ModelNFT')
  return {
    /** A provider; undefined when it never registered nor staked. */
    provider: async (address: Hex): Promise<ProviderState | undefined> => {
      const state = await providers<Omit<ProviderState, 'address'>>('provider', [address])
      return state.url === '' && state.stake === 0n && state.unbonding === 0n ? undefined : { address, ...state }
    },
    revenue: {
      /** µUSDC an account can withdraw as creator and holder, uncollected earnings included. */
      creditOf: (account: Hex) => revenue<bigint>('creditOf', [account]),
      sharesOf: async (modelId: bigint): Promise<{ creator: Hex; shareBps: number }[]> => {
        const [creators, shares] = await revenue<[Hex[], number[]]>('sharesOf', [modelId])
        return creators.map((creator, i) => ({ creator: creator.toLowerCase() as Hex, shareBps: shares[i] as number }))
      },
      creatorShareBps: (modelId: bigint) => revenue<number>('creatorShareBps', [modelId]),
      /** Everything a model's two ledgers ever received, µUSDC. */
      modelTotals: async (modelId: bigint): Promise<{ creator: bigint; holder: bigint }> => {
        const [creator, holder] = await revenue<[bigint, bigint]>('modelTotals', [modelId])
        return { creator, holder }
      },
    },
    usdc: {
      balanceOf: (account: Hex) => usdc<bigint>('balanceOf', [account]),
      /** Whether an EIP-3009 authorization was used or cancelled. */
      authorizationUsed: (account: Hex, nonce: Hex) => usdc<boolean>('authorizationState', [account, nonce]),
    },
    nft: {
      ownerOf: (modelId: bigint) => nft<Hex>('ownerOf', [modelId]).catch(asMissing(`model ${modelId}`)),
      royalty: async (modelId: bigint, salePrice: bigint): Promise<{ receiver: Hex; amount: bigint }> => {
        const [receiver, amount] = await nft<[Hex, bigint]>('royaltyInfo', [modelId, salePrice])
        return { receiver: receiver.toLowerCase() as Hex, amount }
      },
    },
  }
}

const keyOf = (repo: RepoId.RepoId | string) => (typeof repo === 'string' ? repo.toLowerCase() : RepoId.key(repo))

const asMissing =
  (what: string) =>
  (error: unknown): never => {
    const reverted =
      error instanceof Error && error.name === 'ContractFunctionExecutionError' && /revert/.test(error.message)
    throw reverted ? new UnknownOnChain(what) : error
  }

/** The chain does not know the thing asked for. */
export class UnknownOnChain extends NotFound {
  constructor(what: string) {
    super(`The chain knows no ${what}.`, { code: 'unknown_on_chain', hint: 'Check the name, or publish it first.' })
  }
}
