import { setImmediate as nextTurn } from 'node:timers/promises'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import {
  Channel as ChannelId,
  type DehugError,
  type Hex,
  Lock,
  Offer,
  type Recover,
  RequestClose,
  Unavailable,
} from '../core/index.ts'
import type { Bans } from './Bans.ts'
import * as Book from './Book.ts'
import * as ChannelStore from './ChannelStore.ts'
import * as Lane from './Lane.ts'
import { PaymentShort } from './PaymentShort.ts'
import type { ProviderClient } from './ProviderClient.ts'
import type { KnownOffer, Providers } from './Providers.ts'
import { recover as recoverBook } from './recover-book.ts'
import { type Released, releaseChannel } from './release-channel.ts'
import type { Payer, Sessions } from './Sessions.ts'
import type { Treasury } from './Treasury.ts'

/** One payment channel that this process signs for. */
export type Channel = {
  readonly book: Book.Book
  readonly session: Hex
  readonly payer: Hex
  /** Address of the session key. */
  readonly key: Hex
  readonly provider: Hex
  readonly modelId: bigint
  readonly lane: number
  readonly url: string
  /** Largest fees of requests that wait for the lock to grow. */
  readonly waiting: Map<Hex, bigint>
  locking?: Promise<Shortage | undefined> | undefined
  releasing?: Promise<unknown> | undefined
  /** No job may start on it any more. */
  retired: boolean
}

/** What limited a lock. */
export type Shortage = { limit: 'balance' | 'cap'; free: bigint; capLeft: bigint }

export type ChannelsOptions = {
  database: NodePgDatabase
  treasury: Treasury
  sessions: Sessions
  providers: Providers
  client: ProviderClient
  bans: Bans
  lane: Lane.Lane
  recover: Recover
  random: (bytes: number) => Uint8Array
  /** Unix ms. */
  now: () => number
  /** µUSDC that a lock adds when more is not needed. */
  defaultLock: bigint
  /** The largest creator's part (1/10,000) that this gateway agrees to on behalf of its payers. */
  maxCreatorBps: number
  onError: (error: unknown) => void
}

export type Channels = {
  /** The open channel for this payer, provider and model; opened where there is none. Nothing is locked yet. */
  get(payer: Payer, known: KnownOffer): Channel | Promise<Channel>
  /** The channel of an earlier job, which may be closed or another process's: to book its receipt, not to sign on. */
  reopen(payer: Payer, known: KnownOffer, channelId: Hex): Promise<Channel>
  /** Waits until the channel's lock has room for one more job. Throws `PaymentShort`, `ChannelRetired`. */
  cover(payer: Payer, channel: Channel, jobId: Hex, maxFee: bigint): Promise<void>
  /** Reads the chain and the provider's book again. */
  resync(channel: Channel): Promise<void>
  /** No more jobs on it; the next `get` opens its successor. */
  retire(channel: Channel): Promise<void>
  /** Bans the provider with this error as evidence, and asks the chain to close the channel. */
  punish(payer: Payer, channel: Channel, error: DehugError): Promise<void>
  /** Settles the key's idle channels, or the one named, and frees what is left in them. */
  release(payer: Payer, only?: Hex): Promise<{ released: Released[]; kept: { channelId: Hex; reason: string }[] }>
  /** Books that live in this process. */
  books(key: Hex): Channel[]
  /** Forgets everything kept in memory, after another lane was taken. */
  clear(): void
}

export type Context = ChannelsOptions & {
  open: Map<string, Channel>
  opening: Map<string, Promise<Channel>>
  /** Last lock or release of each payer; they follow one another. */
  spending: Map<Hex, Promise<unknown>>
  savedOffers: Set<Hex>
}

const closeDeadlineSeconds = 600n

export function open(options: ChannelsOptions): Channels {
  const context: Context = {
    ...options,
    open: new Map(),
    opening: new Map(),
    spending: new Map(),
    savedOffers: new Set(),
  }
  return {
    get: (payer, known) => get(context, payer, known),
    reopen: (payer, known, channelId) => reopen(context, payer, known, channelId),
    cover: (payer, channel, jobId, maxFee) => cover(context, payer, channel, jobId, maxFee),
    resync: (channel) => resync(context, channel),
    retire: (channel) => retire(context, channel),
    punish: (payer, channel, error) => punish(context, payer, channel, error),
    release: (payer, only) => oneByOne(context, payer, () => releaseIdle(context, payer, { only })),
    books: (key) => [...context.open.values()].filter((channel) => channel.key === key),
    clear: () => context.open.clear(),
  }
}

const nameOf = (session: Hex, provider: Hex, modelId: bigint): string => `${session}/${provider}/${modelId}`

function get(context: Context, payer: Payer, known: KnownOffer): Channel | Promise<Channel> {
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

async function openChannel(context: Context, payer: Payer, known: KnownOffer, before?: Channel): Promise<Channel> {
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
  const first = row ? Lane.generationOf(row.lane) + (row.state === 'closed' ? 1 : 0) : 0
  const { channelId, lane, locked } = await firstUsable(context, key, instance, first)
  const address = payer.signer.address
  await ChannelStore.insert(database, channelId, { ...key, key: address, payer: payer.session.payer, lane })
  const book =
    row?.channelId === channelId ? await ChannelStore.readBook(database, row, locked) : Book.open(channelId, locked)
  const channel: Channel = {
    ...{ book, ...key, payer: payer.session.payer, key: address, lane, url: known.url },
    waiting: new Map(),
    retired: false,
  }
  if (locked > 0n) await recoverFrom(context, payer, channel)
  context.open.set(nameOf(key.session, provider, modelId), channel)
  return channel
}

async function reopen(context: Context, payer: Payer, known: KnownOffer, channelId: Hex): Promise<Channel> {
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
async function recoverFrom(context: Context, payer: Payer, channel: Channel): Promise<void> {
  try {
    await recoverBook(context, channel)
  } catch (error) {
    if (error instanceof Book.Contradiction) await punish(context, payer, channel, error)
    throw error
  }
}

type Usable = { channelId: Hex; lane: number; locked: bigint }

/** A closed channel is never used again, so its successor in this lane is the next generation. */
async function firstUsable(
  { treasury }: Context,
  key: ChannelStore.ChannelKey,
  instance: number,
  first: number,
): Promise<Usable> {
  for (let generation = first; generation <= 0xffff; generation += 1) {
    const lane = Lane.number(instance, generation)
    const { chainId, controller } = treasury
    const channelId = ChannelId.id({ chainId, controller, ...key, lane })
    const { state, locked } = await treasury.channel(channelId)
    if (state === 'none' || state === 'open') return { channelId, lane, locked }
  }
  throw new LanesExhausted()
}

async function cover(context: Context, payer: Payer, channel: Channel, jobId: Hex, maxFee: bigint): Promise<void> {
  while (Book.shortfall(channel.book, maxFee) > 0n) {
    if (channel.retired) throw new ChannelRetired()
    channel.waiting.set(jobId, maxFee)
    channel.locking ??= oneByOne(context, payer, () => lockMore(context, payer, channel)).finally(() => {
      channel.locking = undefined
    })
    const shortage = await channel.locking.finally(() => channel.waiting.delete(jobId))
    if (shortage && Book.shortfall(channel.book, maxFee) > 0n) {
      throw new PaymentShort({ payer, channel, maxFee, shortage, treasury: context.treasury })
    }
  }
  if (channel.retired) throw new ChannelRetired()
}

/** Locks and releases of one payer compete for the same balance, so they follow one another. */
async function oneByOne<T>(context: Context, payer: Payer, work: () => Promise<T>): Promise<T> {
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

async function lockMore(context: Context, payer: Payer, channel: Channel): Promise<Shortage | undefined> {
  await nextTurn()
  const fees = [...channel.waiting.values()]
  const all = Book.shortfall(
    channel.book,
    fees.reduce((sum, fee) => sum + fee, 0n),
  )
  const least = Book.shortfall(
    channel.book,
    fees.reduce((a, b) => (a < b ? a : b), fees[0] ?? 0n),
  )
  if (all === 0n) return undefined
  let spendable = await readSpendable(context, payer)
  if (spendable.most < all) {
    await releaseIdle(context, payer, { needed: all - spendable.most, except: channel.book.channelId })
    spendable = await readSpendable(context, payer)
  }
  if (spendable.most < least) return spendable
  const wanted = all > context.defaultLock ? all : context.defaultLock
  await sendLock(context, payer, channel, wanted < spendable.most ? wanted : spendable.most)
  return spendable.most < all ? spendable : undefined
}

async function readSpendable({ treasury, sessions }: Context, payer: Payer): Promise<Shortage & { most: bigint }> {
  const [free, session] = await Promise.all([treasury.free(payer.session.payer), sessions.refresh(payer)])
  const same = session.session === payer.session.session ? session : await treasury.session(payer.session.session)
  const capLeft = same ? same.cap - same.used : 0n
  return free < capLeft
    ? { limit: 'balance', free, capLeft, most: free }
    : { limit: 'cap', free, capLeft, most: capLeft }
}

async function sendLock(context: Context, payer: Payer, channel: Channel, add: bigint): Promise<void> {
  const { treasury, sessions, maxCreatorBps } = context
  const proof = await sessions.modelProof(payer.session, channel.modelId)
  const { session, provider, modelId, lane } = channel
  const terms = { session, provider, modelId, lane, add, maxCreatorBps }
  const nonce = new DataView(context.random(8).buffer).getBigUint64(0)
  const lock = { ...terms, nonce, deadline: deadline(context) }
  await treasury.lock(lock, proof, payer.signer.sign(Lock.digest(treasury.separator, lock)), channel.payer)
  const onChain = await treasury.channel(channel.book.channelId)
  channel.book.locked = onChain.locked
  await ChannelStore.setLocked(context.database, channel.book.channelId, onChain.locked)
}

const deadline = ({ now }: Context): bigint => BigInt(Math.floor(now() / 1000)) + closeDeadlineSeconds

async function resync(context: Context, channel: Channel): Promise<void> {
  const { state, locked } = await context.treasury.channel(channel.book.channelId)
  if (state === 'closing' || state === 'closed') return retire(context, channel)
  channel.book.locked = locked
  await recoverBook(context, channel)
}

async function retire(context: Context, channel: Channel): Promise<void> {
  channel.retired = true
  await ChannelStore.setState(context.database, channel.book.channelId, 'closed')
}

async function punish(context: Context, payer: Payer, channel: Channel, error: DehugError): Promise<void> {
  channel.retired = true
  await context.bans.add(channel.provider, error)
  await retire(context, channel)
  const request = { channelId: channel.book.channelId, deadline: deadline(context) }
  const signature = payer.signer.sign(RequestClose.digest(context.treasury.separator, request))
  context.treasury.requestClose(request, signature, channel.payer).catch(context.onError)
}

type ReleaseWish = { only?: Hex | undefined; except?: Hex; needed?: bigint }

/** Asks providers to settle and close the key's idle channels, the fullest first, until `needed` µUSDC are free. */
async function releaseIdle(
  context: Context,
  payer: Payer,
  { only, except, needed }: ReleaseWish,
): Promise<{ released: Released[]; kept: { channelId: Hex; reason: string }[] }> {
  const rows = await ChannelStore.openOf(context.database, payer.signer.address)
  const wanted = rows
    .filter((row) => row.locked > row.spent && row.channelId !== except && (!only || row.channelId === only))
    .sort((a, b) => (a.locked - a.spent > b.locked - b.spent ? -1 : 1))
  const released: Released[] = []
  const kept: { channelId: Hex; reason: string }[] = []
  for (const row of wanted) {
    if (needed !== undefined && released.reduce((sum, one) => sum + one.released, 0n) >= needed) break
    const result = await releaseChannel(context, payer, row, deadline(context))
    if ('reason' in result) kept.push(result)
    else released.push(result)
  }
  return { released, kept }
}

/** The channel is being closed, so the job starts over on its successor. */
export class ChannelRetired extends Unavailable {
  constructor() {
    super('The payment channel was closed meanwhile.', { code: 'channel_retired', hint: 'Send the request again.' })
  }
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
