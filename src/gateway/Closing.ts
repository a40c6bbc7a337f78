import { DehugError, type Hex, RequestClose } from '../core/index.ts'
import * as Book from './Book.ts'
import type { ChannelContext } from './Channel.ts'
import * as ChannelStore from './ChannelStore.ts'
import type { Payer } from './Sessions.ts'
import type { ChannelOnChain, SessionState } from './Treasury.ts'

/**
 * Gives back what is left in channels that take no more jobs. Their provider is asked to settle first; one that is away, banned
 * or unwilling has the chain's window, after which the rest is the payer's again. All of it survives restarts.
 */
export type Closing = AsyncDisposable & {
  /** Takes the next step of every channel where one is due. Failures are reported and tried again later. */
  sweep(): Promise<void>
}

export type ClosingOptions = {
  sweepMs: number
  /** µUSDC below which a channel is left to its payer, because closing it costs more gas than it gives back. */
  minimum: bigint
  /** How long the chain must say that a channel is closed until that is taken as final. */
  confirmSeconds: number
  /** Open channels of sessions that nobody used for so long are looked at: an ended session's are closed. */
  idleSeconds: number
}

const batch = 20
/** Longer than a step takes: a release waits for its provider's transaction. */
const leaseSeconds = 300
/** How often a provider that may just be restarting is asked before the chain is: for about ten minutes. */
const providerTries = 7
const dustSeconds = 24 * 3600
const longestPauseSeconds = 3600

/** A request to close does nothing but give a payer's own money back, so it may wait for long. */
const requestLifetimeSeconds = 90n * 24n * 3600n

/** Signs what the closing will need while the session key is at hand, and starts it. */
export async function beginClose(context: ChannelContext, payer: Payer, channelId: Hex): Promise<void> {
  await ChannelStore.setCloseRequest(context.database, channelId, signClose(context, payer, channelId))
  await ChannelStore.setRetiring(context.database, channelId)
  context.onRetiring()
}

/** The session key's wish to close a channel. */
export function signClose(context: ChannelContext, payer: Payer, channelId: Hex): ChannelStore.SignedClose {
  const now = BigInt(Math.floor(context.now() / 1000))
  const request = { channelId, deadline: now + requestLifetimeSeconds }
  return { request, signature: payer.signer.sign(RequestClose.digest(context.treasury.separator, request)) }
}

/** Starts sweeping, every `sweepMs` and whenever a channel retires. */
export function start(context: ChannelContext, options: ClosingOptions): Closing {
  let sweeping: Promise<void> | undefined
  let again = false
  const sweep = (): Promise<void> => {
    sweeping ??= (async () => {
      do {
        again = false
        await sweepOnce(context, options).catch(context.onError)
      } while (again)
    })().finally(() => {
      sweeping = undefined
    })
    return sweeping
  }
  const timer = setInterval(sweep, options.sweepMs)
  timer.unref()
  context.onRetiring = () => {
    again = true
    void sweep()
  }
  return {
    sweep,
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer)
      context.onRetiring = () => {}
      await sweeping
    },
  }
}

async function sweepOnce(context: ChannelContext, options: ClosingOptions): Promise<void> {
  for (const session of await ChannelStore.idleSessions(context.database, options.idleSeconds, batch)) {
    const state = await context.treasury.session(session)
    await ChannelStore.passSession(context.database, session, hasEnded(state, await context.treasury.now()))
  }
  const due = await ChannelStore.takeDue(context.database, batch, leaseSeconds)
  for (const row of due) {
    const pause = await advance(context, options, row).catch((error: unknown) => {
      context.onError(error)
      return pauseAfter(row)
    })
    if (pause !== undefined) await ChannelStore.setDue(context.database, row.channelId as Hex, pause)
  }
}

const hasEnded = (session: SessionState | undefined, now: bigint): boolean =>
  session !== undefined && (session.revoked || session.expiry <= now)

const pauseAfter = ({ closeTries }: ChannelStore.ChannelRow): number =>
  Math.min(5 * 2 ** Math.min(closeTries, 20), longestPauseSeconds)

/** One step of one channel: seconds until the next one, or undefined when it is closed. */
async function advance(
  context: ChannelContext,
  options: ClosingOptions,
  row: ChannelStore.ChannelRow,
): Promise<number | undefined> {
  const { treasury } = context
  const channelId = row.channelId as Hex
  const state = await treasury.channel(channelId)
  if (state.state === 'none' && row.spent > 0n) {
    await ChannelStore.setLost(context.database, channelId)
    return undefined
  }
  if (state.state === 'none' || state.state === 'closed') return settled(context, options, row, state)
  if (row.closedSince) await ChannelStore.setReopened(context.database, channelId)
  const left = state.state === 'closing' ? state.closeAt - (await treasury.now()) : undefined
  if (left !== undefined && left <= 0n) {
    await treasury.finalizeClose(channelId, row.payer as Hex)
    return settled(context, options, row, await treasury.channel(channelId))
  }
  const answer = await askProvider(context, row)
  if (answer === 'settled') return settled(context, options, row, await treasury.channel(channelId))
  if (left !== undefined) return Math.min(Number(left) + 1, pauseAfter(row))
  if (answer === 'later' && row.closeTries < providerTries) return pauseAfter(row)
  if (state.locked - state.claimed < options.minimum) return dustSeconds
  return (await askChain(context, row)) ? 1 : dustSeconds
}

/** The provider settles and closes a channel at once, also within the chain's window. */
async function askProvider(
  context: ChannelContext,
  row: ChannelStore.ChannelRow,
): Promise<'settled' | 'later' | 'never'> {
  const { providers, bans, client } = context
  if (row.closeRequest === null || bans.has(row.provider)) return 'never'
  const url = providers.urlOf(row.provider as Hex)
  if (url === undefined) return 'later'
  if (bans.has(url)) return 'never'
  try {
    await client.release(url, row.channelId as Hex, ChannelStore.parseClose(row.closeRequest))
    return 'settled'
  } catch (error) {
    if (!(error instanceof DehugError)) throw error
    // After a reorganisation it takes a moment until the provider sees that the channel is open again.
    return error.retryable || error.code === 'channel_closed' ? 'later' : 'never'
  }
}

/** False where nothing allows it yet: no signature was left, and the session goes on. */
async function askChain({ treasury }: ChannelContext, row: ChannelStore.ChannelRow): Promise<boolean> {
  const [channelId, payer] = [row.channelId as Hex, row.payer as Hex]
  const now = await treasury.now()
  const signed = row.closeRequest ? ChannelStore.parseClose(row.closeRequest) : undefined
  if (signed && signed.request.deadline > now) {
    await treasury.requestClose(signed.request, signed.signature, payer)
    return true
  }
  if (!hasEnded(await treasury.session(row.session as Hex), now)) return false
  await treasury.requestCloseOfEnded(channelId, payer)
  return true
}

/** What was claimed must be what its jobs can have cost. Closed for good when the chain has said so for a while. */
async function settled(
  context: ChannelContext,
  { confirmSeconds }: ClosingOptions,
  row: ChannelStore.ChannelRow,
  { claimed, locked }: ChannelOnChain,
): Promise<number | undefined> {
  const channelId = row.channelId as Hex
  await assertClaimed(context, row, claimed, locked)
  const seenSeconds = row.closedSince ? (context.now() - row.closedSince.getTime()) / 1000 : 0
  if (seenSeconds >= confirmSeconds) {
    await ChannelStore.setClosed(context.database, channelId)
    return undefined
  }
  await ChannelStore.setSeenClosed(context.database, channelId, confirmSeconds)
  return confirmSeconds - seenSeconds
}

/** Bans a provider that claimed more than it may, and shows the chain the receipt that says so. */
export async function assertClaimed(
  context: ChannelContext,
  row: ChannelStore.ChannelRow,
  claimed: bigint,
  locked: bigint,
): Promise<void> {
  const open = [...context.open.values()].find(({ book }) => book.channelId === row.channelId)
  const book = open?.book ?? (await ChannelStore.readBook(context.database, row, locked))
  try {
    Book.assertClaimed(book, claimed)
  } catch (error) {
    if (!(error instanceof Book.OverClaimed)) throw error
    await context.bans.add(row.provider, error)
    context.onError(error)
    if (book.lastReceipt)
      await context.treasury.challengeClaim(book.lastReceipt, row.payer as Hex).catch(context.onError)
  }
}
