import { Channel as ChannelId, type Hex, Offer, Unavailable } from '../core/index.ts'
import * as Book from './Book.ts'
import { type Channel, type ChannelContext, ChannelRetired, type ChannelsOptions } from './Channel.ts'
import * as ChannelStore from './ChannelStore.ts'
import * as Closing from './Closing.ts'
import { Elsewhere } from './Elsewhere.ts'
import { Falsehood } from './Falsehood.ts'
import * as Lane from './Lane.ts'
import { lockMore } from './lock-more.ts'
import { PaymentShort } from './PaymentShort.ts'
import type { KnownOffer } from './Providers.ts'
import { compare as compareBook, recover as recoverBook } from './recover-book.ts'
import { type Released, releaseIdle } from './release-channel.ts'
import type { Payer } from './Sessions.ts'

export type Channels = AsyncDisposable & {
  /** The open channel for this payer, provider and model; opened where there is none. Nothing is locked yet. */
  get(payer: Payer, known: KnownOffer): Channel | Promise<Channel>
  /** The channel of an earlier job, which may be closed or another process's: to book its receipt, not to sign on. */
  reopen(payer: Payer, known: KnownOffer, channelId: Hex): Promise<Channel>
  /** Waits until the channel's lock has room for one more job. Throws `PaymentShort`, `ChannelRetired`. */
  cover(payer: Payer, channel: Channel, jobId: Hex, maxFee: bigint): Promise<void>
  /** Reads the chain and the provider's book again. */
  resync(payer: Payer, channel: Channel): Promise<void>
  /** No more jobs on it; the next `get` opens its successor. */
  retire(payer: Payer, channel: Channel): Promise<void>
  /** Bans the provider, or its address where it did not sign the falsehood, and asks the chain to close the channel. */
  punish(payer: Payer, channel: Channel, error: Falsehood): Promise<void>
  /** Settles the key's idle channels, or the one named, and frees what is left in them. */
  release(payer: Payer, only?: Hex): Promise<{ released: Released[]; kept: { channelId: Hex; reason: string }[] }>
  /** Books that live in this process. */
  books(key: Hex): Channel[]
  /** Forgets everything kept in memory, after another lane was taken. */
  clear(): void
  /** Takes the next step in closing retired channels, which happens by itself from time to time. */
  sweep(): Promise<void>
}

export function open(options: ChannelsOptions): Channels {
  const context: ChannelContext = {
    ...options,
    open: new Map(),
    opening: new Map(),
    spending: new Map(),
    savedOffers: new Set(),
    onRetiring: () => {},
  }
  const closing = Closing.start(context, options.closing)
  return {
    get: (payer, known) => get(context, payer, known),
    reopen: (payer, known, channelId) => reopen(context, payer, known, channelId),
    cover: (payer, channel, jobId, maxFee) => cover(context, payer, channel, jobId, maxFee),
    resync: (payer, channel) => resync(context, payer, channel),
    retire: (payer, channel) => retire(context, payer, channel),
    punish: (payer, channel, error) => punish(context, payer, channel, error),
    release: (payer, only) => oneByOne(context, payer, () => releaseIdle(context, payer, { only })),
    books: (key) => [...context.open.values()].filter((channel) => channel.key === key),
    clear: () => context.open.clear(),
    sweep: closing.sweep,
    [Symbol.asyncDispose]: () => closing[Symbol.asyncDispose](),
  }
}

const nameOf = (session: Hex, provider: Hex, modelId: bigint): string => `${session}/${provider}/${modelId}`

function get(context: ChannelContext, payer: Payer, known: KnownOffer): Channel | Promise<Channel> {
  const instance = context.lane.instance()
  const { provider, modelId } = known.offer
  const name = nameOf(payer.session.session, provider, modelId)
  const channel = context.open.get(name)
  if (channel && !channel.retired && Lane.instanceOf(channel.lane) === instance && context.savedOffers.has(known.hash))
    return channel
  const opening = context.opening.get(name)
  if (opening) return opening
  const fresh = openChannel(context, payer, known, channel).finally(() => context.opening.delete(name))
  context.opening.set(name, fresh)
  return fresh
}

async function openChannel(
  context: ChannelContext,
  payer: Payer,
  known: KnownOffer,
  before?: Channel,
): Promise<Channel> {
  const { database } = context
  if (!context.savedOffers.has(known.hash)) {
    await ChannelStore.insertOffer(database, known, Offer.serialize(known.offer))
    context.savedOffers.add(known.hash)
  }
  if (before?.releasing) await before.releasing.catch(() => {})
  const instance = context.lane.instance()
  if (before && !before.retired && Lane.instanceOf(before.lane) === instance) return before
  const { provider, modelId } = known.offer
  const key = { session: payer.session.session, provider, modelId }
  const row = await ChannelStore.latest(database, key, instance)
  const first = row ? Lane.generationOf(row.lane) + (row.state === 'open' ? 0 : 1) : 0
  const { channelId, lane, locked, claimed } = await firstUsable(context, key, instance, first)
  const address = payer.signer.address
  await ChannelStore.insert(database, channelId, { ...key, key: address, payer: payer.session.payer, lane })
  const book =
    row?.channelId === channelId ? await ChannelStore.readBook(database, row, locked) : Book.open(channelId, locked)
  const channel: Channel = {
    ...{ book, ...key, payer: payer.session.payer, key: address, lane, url: known.url },
    waiting: new Map(),
    retired: false,
  }
  if (locked > 0n) await recoverFrom(context, payer, channel, claimed)
  context.open.set(nameOf(key.session, provider, modelId), channel)
  return channel
}

async function reopen(context: ChannelContext, payer: Payer, known: KnownOffer, channelId: Hex): Promise<Channel> {
  const open = [...context.open.values()].find(({ book }) => book.channelId === channelId)
  if (open) return open
  const row = await ChannelStore.read(context.database, channelId)
  const { provider, modelId } = known.offer
  return {
    book: row ? await ChannelStore.readBook(context.database, row, row.locked) : Book.open(channelId),
    ...{ session: payer.session.session, payer: payer.session.payer, key: payer.signer.address },
    ...{ provider, modelId, lane: row?.lane ?? 0, url: known.url, waiting: new Map(), retired: true },
  }
}

/** The provider may know more than our rows do. What it cannot prove makes us leave it for good. */
async function recoverFrom(context: ChannelContext, payer: Payer, channel: Channel, claimed: bigint): Promise<void> {
  try {
    await recoverBook(context, channel)
    Book.assertClaimed(channel.book, claimed)
  } catch (error) {
    if (error instanceof Falsehood) await punish(context, payer, channel, error)
    throw error
  }
}

type Usable = { channelId: Hex; lane: number; locked: bigint; claimed: bigint }

/** A closed channel is never used again, so its successor in this lane is the next generation. */
async function firstUsable(
  { treasury }: ChannelContext,
  key: ChannelStore.ChannelKey,
  instance: number,
  first: number,
): Promise<Usable> {
  for (let generation = first; generation <= 0xffff; generation += 1) {
    const lane = Lane.number(instance, generation)
    const { chainId, controller } = treasury
    const channelId = ChannelId.id({ chainId, controller, ...key, lane })
    const { state, locked, claimed } = await treasury.channel(channelId)
    if (state === 'none' || state === 'open') return { channelId, lane, locked, claimed }
  }
  throw new LanesExhausted()
}

async function cover(
  context: ChannelContext,
  payer: Payer,
  channel: Channel,
  jobId: Hex,
  maxFee: bigint,
): Promise<void> {
  while (Book.shortfall(channel.book, maxFee) > 0n) {
    if (channel.retired) throw new ChannelRetired()
    channel.waiting.set(jobId, maxFee)
    channel.locking ??= oneByOne(context, payer, () => lockMore(context, payer, channel)).finally(() => {
      channel.locking = undefined
    })
    const shortage = await channel.locking
      .catch((error: unknown) => leaveLiar(context, payer, channel, error))
      .finally(() => channel.waiting.delete(jobId))
    if (shortage && Book.shortfall(channel.book, maxFee) > 0n) {
      throw new PaymentShort({ payer, channel, maxFee, shortage, treasury: context.treasury })
    }
  }
  if (channel.retired) throw new ChannelRetired()
}

/** A provider that claimed too much gets no more jobs; another may have this one. */
async function leaveLiar(context: ChannelContext, payer: Payer, channel: Channel, error: unknown): Promise<never> {
  if (!(error instanceof Falsehood)) throw error
  await punish(context, payer, channel, error)
  throw new Elsewhere(error)
}

/** Locks and releases of one payer compete for the same balance, so they follow one another. */
async function oneByOne<T>(context: ChannelContext, payer: Payer, work: () => Promise<T>): Promise<T> {
  const { payer: address } = payer.session
  const before = context.spending.get(address) ?? Promise.resolve()
  const mine = before.then(work, work)
  context.spending.set(address, mine)
  try {
    return await mine
  } finally {
    if (context.spending.get(address) === mine) context.spending.delete(address)
  }
}

async function resync(context: ChannelContext, payer: Payer, channel: Channel): Promise<void> {
  const { state, locked, claimed } = await context.treasury.channel(channel.book.channelId)
  if (state === 'closing' || state === 'closed') return retire(context, payer, channel)
  channel.book.locked = locked
  await compareBook(context, channel)
  Book.assertClaimed(channel.book, claimed)
}

async function retire(context: ChannelContext, payer: Payer, channel: Channel): Promise<void> {
  channel.retired = true
  await Closing.beginClose(context, payer, channel.book.channelId)
}

async function punish(context: ChannelContext, payer: Payer, channel: Channel, error: Falsehood): Promise<void> {
  channel.retired = true
  await context.bans.add(error.isSigned ? channel.provider : channel.url, error)
  await retire(context, payer, channel)
  const { lastReceipt } = channel.book
  if (error instanceof Book.OverClaimed && lastReceipt)
    context.treasury.challengeClaim(lastReceipt, channel.payer).catch(context.onError)
}

/** All 65,536 channels of one session, provider and model in this lane were used up. */
class LanesExhausted extends Unavailable {
  constructor() {
    super('This API key has used up its payment channels to this provider.', {
      code: 'lanes_exhausted',
      retryable: false,
      hint: 'Open a new session with "dehug channel fund".',
    })
  }
}
