import {
  type Abi,
  type AbiEvent,
  type Address,
  type Hex as Data,
  decodeEventLog,
  encodeEventTopics,
  numberToHex,
  type PublicClient,
  toEventSelector,
} from 'viem'
import { BadInput, type Hex } from '../core/index.ts'
import { ModelNFT, ModelRegistry, ProviderRegistry, RevenueLedger, UsageController } from './abi/index.ts'
import { lowerAddressesByName } from './addresses.ts'
import type { Deployment } from './DeploymentShape.ts'
import { orUnreachable } from './rpc.ts'

const abis = {
  ModelRegistry: ModelRegistry.abi,
  ModelNFT: ModelNFT.abi,
  RevenueLedger: RevenueLedger.abi,
  ProviderRegistry: ProviderRegistry.abi,
  UsageController: UsageController.abi,
} as const

type Abis = typeof abis
export type EventContract = keyof Abis
type EventOf<C extends EventContract> = Extract<Abis[C][number], { type: 'event' }>
export type EventName<C extends EventContract = EventContract> = C extends EventContract ? EventOf<C>['name'] : never

/** Where and when an event happened. `timestamp` is the block's, in unix seconds. */
export type Occurrence = {
  address: Hex
  blockNumber: bigint
  blockHash: Hex
  txHash: Hex
  logIndex: number
  timestamp: bigint
}

/** One event of one contract with the arguments its ABI names; addresses, roots and ids in lower case. */
export type ChainEvent<C extends EventContract = EventContract, N extends EventName<C> = EventName<C>> = {
  [K in C]: {
    [E in Extract<EventOf<K>, { name: N }> as E['name']]: { contract: K; name: E['name']; args: ArgsOf<E> } & Occurrence
  }[Extract<EventOf<K>, { name: N }>['name']]
}[C]

type ArgsOf<E extends AbiEvent> = {
  [I in E['inputs'][number] as I['name'] & string]: ValueOf<I['type']>
}
type ValueOf<T extends string> = T extends 'bool'
  ? boolean
  : T extends 'string'
    ? string
    : T extends `${infer Item}[]`
      ? ValueOf<Item>[]
      : T extends 'uint8' | 'uint16' | 'uint32'
        ? number
        : T extends `uint${string}`
          ? bigint
          : Hex

export type EventFilter<C extends EventContract = EventContract, N extends EventName<C> = EventName<C>> = {
  /** Default: the block of the deployment. */
  fromBlock?: bigint
  /** Default: the head. */
  toBlock?: bigint
  contracts?: readonly C[]
  names?: readonly N[]
  /** Values of indexed arguments; only events that have all of them match. */
  args?: Record<string, unknown>
  /** Blocks asked for at once; halved whenever the node finds that too many. */
  blocksPerRequest?: bigint
  signal?: AbortSignal
}

/**
 * Every matching event in the order of the chain, in chunks of blocks, one array a chunk. Ranges a node refuses are asked
 * again in halves, so nothing is left out silently: what cannot be read throws.
 */
export async function* chunks<C extends EventContract, N extends EventName<C>>(
  client: PublicClient,
  deployment: Deployment,
  filter: EventFilter<C, N> = {},
): AsyncGenerator<ChainEvent<C, N>[]> {
  const toBlock = filter.toBlock ?? (await client.getBlockNumber({ cacheTime: 0 }))
  const sources = sourcesOf(deployment, filter)
  const topics = topicsOf(sources, filter)
  const largest = filter.blocksPerRequest ?? 5_000n
  let step = largest
  for (let from = filter.fromBlock ?? BigInt(deployment.block); from <= toBlock; ) {
    filter.signal?.throwIfAborted()
    const to = from + step - 1n < toBlock ? from + step - 1n : toBlock
    const logs = await readLogs(client, { sources, topics, from, to }).catch((cause) => {
      if (to === from) throw orUnreachable(cause, client.transport.url)
      return undefined
    })
    if (logs === undefined) {
      step = (to - from + 1n) / 2n
      continue
    }
    const timestamps = await timestampsOf(client, logs)
    if (logs.length > 0) yield logs.map((log) => decode(sources, log, timestamps)) as ChainEvent<C, N>[]
    from = to + 1n
    step = step * 2n < largest ? step * 2n : largest
  }
}

type Log = {
  address: Data
  topics: [Data, ...Data[]]
  data: Data
  blockNumber: Data
  blockHash: Data
  blockTimestamp?: Data
  transactionHash: Data
  logIndex: Data
}
type Source = { contract: EventContract; abi: Abi; topics: Set<Data> }

function sourcesOf(deployment: Deployment, filter: EventFilter): Map<Hex, Source> {
  const contracts = filter.contracts ?? (Object.keys(abis) as EventContract[])
  return new Map(
    contracts.map((contract) => {
      const abi: Abi = abis[contract]
      const events = abi.filter((item): item is AbiEvent => item.type === 'event')
      const wanted = events.filter(({ name }) => filter.names === undefined || filter.names.includes(name as EventName))
      return [deployment.contracts[contract], { contract, abi, topics: new Set(wanted.map(toEventSelector)) }]
    }),
  )
}

type Topics = (Data | Data[] | null)[]

function topicsOf(sources: Map<Hex, Source>, filter: EventFilter): Topics {
  const all = new Set([...sources.values()].flatMap((source) => [...source.topics]))
  if (filter.args === undefined) return [[...all]]
  const [source, ...others] = sources.values()
  if (!source || others.length > 0 || filter.names?.length !== 1) {
    throw new BadInput('Events can be filtered by arguments only when one contract and one name are given.')
  }
  return encodeEventTopics({ abi: source.abi, eventName: filter.names[0] as string, args: filter.args }) as Topics
}

async function readLogs(
  client: PublicClient,
  of: { sources: Map<Hex, Source>; topics: Topics; from: bigint; to: bigint },
): Promise<Log[]> {
  const { sources, topics } = of
  const address = [...sources.keys()] as Address[]
  const logs = (await client.request({
    method: 'eth_getLogs',
    params: [{ address, topics, fromBlock: numberToHex(of.from), toBlock: numberToHex(of.to) }],
  })) as unknown as Log[]
  return logs.filter((log) => sources.get(log.address.toLowerCase() as Hex)?.topics.has(log.topics[0]))
}

/** Nodes that put the time into the log save one request a block. */
async function timestampsOf(client: PublicClient, logs: Log[]): Promise<Map<Data, bigint>> {
  const times = new Map<Data, bigint>()
  const missing = new Set<Data>()
  for (const { blockNumber, blockTimestamp } of logs) {
    if (blockTimestamp) times.set(blockNumber, BigInt(blockTimestamp))
    else missing.add(blockNumber)
  }
  const blocks = await Promise.all([...missing].map((number) => client.getBlock({ blockNumber: BigInt(number) })))
  for (const { number, timestamp } of blocks) times.set(numberToHex(number), timestamp)
  return times
}

function decode(sources: Map<Hex, Source>, log: Log, timestamps: Map<Data, bigint>): ChainEvent {
  const address = log.address.toLowerCase() as Hex
  const { contract, abi } = sources.get(address) as Source
  const { eventName, args } = decodeEventLog({ abi, data: log.data, topics: log.topics })
  const { inputs } = abi.find((item) => item.type === 'event' && item.name === eventName) as AbiEvent
  return {
    contract,
    name: eventName,
    args: lowerAddressesByName(inputs, args as unknown as Record<string, unknown>),
    address,
    blockNumber: BigInt(log.blockNumber),
    blockHash: log.blockHash,
    txHash: log.transactionHash,
    logIndex: Number(log.logIndex),
    timestamp: timestamps.get(log.blockNumber) as bigint,
  } as unknown as ChainEvent
}
