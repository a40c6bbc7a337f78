import type { PublicClient } from 'viem'
import type { Hex } from '../core/index.ts'
import type { ChannelState, SessionState } from './chain-states.ts'
import type { ChainEvent, EventFilter } from './Events.ts'

/** What happened in a range of blocks. */
export type News = {
  fromBlock: bigint
  toBlock: bigint
  events: ChainEvent[]
  /** The chain was rewound: whatever was told before from `fromBlock` on is void, and replaced by this. */
  rewound: boolean
}

export type WatchOptions = {
  /** The first block told of; default: the one after the head. */
  fromBlock?: bigint
  /** Told when the node does not answer; the watch goes on. */
  onError?: (error: unknown) => void
}

/** Follows the chain and answers channels and sessions from memory until an event changes them. */
export type ChainWatch = AsyncDisposable & {
  /** The last block that was looked at; -1 before the first. */
  block: () => bigint
  /** A channel as of `block()`, or newer. */
  channel(id: Hex): Promise<ChannelState>
  /** A session as of `block()`, or newer; undefined when it was never opened. */
  session(id: Hex): Promise<SessionState | undefined>
  /** Ids of the sessions that were ever opened for a key, oldest first. */
  sessionsOf(key: Hex): Promise<Hex[]>
  /** Resolves once the given block (of an own receipt, say) was looked at. */
  reached(block: bigint): Promise<void>
  /** Calls back after each block with events, and after each rewind. Returns how to stop that. */
  on(listener: (news: News) => void): () => void
  stop(): Promise<void>
}

/** What a watch reads from; a `Chain` is one. */
type Source = {
  client: PublicClient
  deployment: { block: number }
  pollMs: number
  blockNumber(): Promise<bigint>
  events(filter: EventFilter): AsyncGenerator<ChainEvent[]>
  channel(id: Hex): Promise<ChannelState>
  session(id: Hex): Promise<SessionState | undefined>
}

/** How far back a rewind is looked for; Base never rewinds further than that. */
const rewindBlocks = 64n

/** Ends early, and quietly, when the signal fires. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      done()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
  })

export function watch(source: Source, options: WatchOptions): ChainWatch {
  const memory = remember(source)
  const listeners = new Set<(news: News) => void>()
  const waiters = new Set<{ block: bigint; done: () => void }>()
  const stopping = new AbortController()
  let seen: { block: bigint; hash: Hex } | undefined

  const step = async () => {
    const rewound = seen !== undefined && (await hashOf(source, seen.block)) !== seen.hash
    if (rewound) memory.forget()
    const toBlock = await source.blockNumber()
    const fromBlock = firstBlock(rewound, seen?.block, toBlock, options.fromBlock)
    if (!rewound && toBlock < fromBlock && seen) return
    const hash = await hashOf(source, toBlock)
    const events: ChainEvent[] = []
    for await (const chunk of source.events({ fromBlock, toBlock })) events.push(...chunk)
    memory.apply(events)
    if (hash) seen = { block: toBlock, hash }
    if (rewound || events.length > 0)
      for (const listener of listeners) listener({ fromBlock, toBlock, events, rewound })
    for (const waiter of waiters) if (waiter.block <= toBlock) waiter.done()
  }

  const running = (async () => {
    while (!stopping.signal.aborted) {
      await step().catch((error) => options.onError?.(error))
      await pause(source.pollMs, stopping.signal)
    }
  })()

  const stop = async () => {
    stopping.abort()
    await running
  }
  return {
    block: () => seen?.block ?? -1n,
    channel: memory.channel,
    session: memory.session,
    sessionsOf: memory.sessionsOf,
    reached: (block) => reached(waiters, block, seen?.block ?? -1n),
    on: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function firstBlock(rewound: boolean, seen: bigint | undefined, head: bigint, wanted: bigint | undefined): bigint {
  if (seen === undefined) return wanted ?? head + 1n
  if (!rewound) return seen + 1n
  const from = (seen < head ? seen : head) - rewindBlocks
  return from > 0n ? from : 0n
}

async function reached(waiters: Set<{ block: bigint; done: () => void }>, block: bigint, seen: bigint): Promise<void> {
  if (block <= seen) return
  await new Promise<void>((resolve) => {
    const waiter = { block, done: () => waiters.delete(waiter) && resolve() }
    waiters.add(waiter)
  })
}

async function hashOf(source: Source, block: bigint): Promise<Hex | undefined> {
  const params = [`0x${block.toString(16)}`, false] as const
  const found = await source.client.request({ method: 'eth_getBlockByNumber', params: [...params] })
  return found?.hash ?? undefined
}

/** Answers stay until an event names their channel or session, or the chain is rewound. */
function remember(source: Source) {
  const channels = new Map<Hex, Promise<ChannelState>>()
  const sessions = new Map<Hex, Promise<SessionState | undefined>>()
  const keys = new Map<Hex, Promise<Hex[]>>()
  const cached = <T>(known: Map<Hex, Promise<T>>, id: Hex, read: () => Promise<T>): Promise<T> => {
    const before = known.get(id)
    if (before) return before
    const answer = read()
    known.set(id, answer)
    answer.catch(() => known.delete(id))
    return answer
  }
  return {
    channel: (id: Hex) => cached(channels, id, () => source.channel(id)),
    session: (id: Hex) => cached(sessions, id, () => source.session(id)),
    sessionsOf: (key: Hex) => cached(keys, key, () => readSessionsOf(source, key)),
    apply(events: readonly ChainEvent[]) {
      for (const { contract, name, args } of events) {
        if (contract !== 'UsageController') continue
        if ('channelId' in args) channels.delete(args.channelId)
        if ('session' in args) sessions.delete(args.session)
        if (name === 'SessionOpened') keys.delete(args.key)
        // These free a part of the session's cap, and do not name the session.
        if (name === 'Released' || name === 'CloseFinalized') sessions.clear()
      }
    },
    forget() {
      channels.clear()
      sessions.clear()
      keys.clear()
    },
  }
}

async function readSessionsOf(source: Source, key: Hex): Promise<Hex[]> {
  const found: Hex[] = []
  const filter: EventFilter = { contracts: ['UsageController'], names: ['SessionOpened'], args: { key } }
  for await (const events of source.events(filter)) {
    for (const event of events) if (event.name === 'SessionOpened') found.push(event.args.session)
  }
  return found
}
