import type { Hex } from '../core/index.ts'
import type { ProviderWire } from '../wire/index.ts'
import type { ChannelContext } from './Channel.ts'
import * as ChannelStore from './ChannelStore.ts'
import { assertClaimed, beginClose, signClose } from './Closing.ts'
import * as Lane from './Lane.ts'
import type { Payer } from './Sessions.ts'

/** A channel that was settled and closed; µUSDC. */
export type Released = { channelId: Hex; spent: bigint; released: bigint; tx: Hex }
type Kept = { channelId: Hex; reason: string }

type Wish = { only?: Hex | undefined; except?: Hex; needed?: bigint }

/**
 * Asks providers to settle and close the key's idle channels, the fullest first, until `needed` µUSDC are free. Where that is
 * not limited, the chain closes what their providers do not.
 */
export async function releaseIdle(
  context: ChannelContext,
  payer: Payer,
  { only, except, needed }: Wish,
): Promise<{ released: Released[]; kept: Kept[] }> {
  const rows = await ChannelStore.notClosedOf(context.database, payer.signer.address)
  const wanted = rows
    .filter((row) => row.locked > row.spent && row.channelId !== except && (!only || row.channelId === only))
    .sort((a, b) => (a.locked - a.spent > b.locked - b.spent ? -1 : 1))
  const released: Released[] = []
  const kept: Kept[] = []
  for (const row of wanted) {
    if (needed !== undefined && released.reduce((sum, one) => sum + one.released, 0n) >= needed) break
    const result = await releaseChannel(context, payer, row, needed === undefined)
    if ('reason' in result) kept.push(result)
    else released.push(result)
  }
  return { released, kept }
}

/** Settles one channel with its provider if nothing runs on it and its lane is ours or nobody's. */
async function releaseChannel(
  context: ChannelContext,
  payer: Payer,
  row: ChannelStore.ChannelRow,
  insist: boolean,
): Promise<Released | Kept> {
  const channelId = row.channelId as Hex
  const keep = (reason: string): Kept => ({ channelId, reason })
  const instance = Lane.instanceOf(row.lane)
  const ask = () => askProvider(context, payer, row, insist)
  if (instance !== context.lane.instance()) {
    return (await context.lane.whileVacant(instance, ask)) ?? keep('another gateway process is using it')
  }
  const channel = [...context.open.values()].find((one) => one.book.channelId === channelId)
  if (!channel) return ask()
  if (channel.book.inFlight.size > 0 || channel.waiting.size > 0) return keep('requests are running on it')
  channel.retired = true
  const releasing = ask()
  channel.releasing = releasing
  const result = await releasing.finally(() => {
    channel.releasing = undefined
  })
  if ('reason' in result && !insist) channel.retired = false
  return result
}

async function askProvider(
  context: ChannelContext,
  payer: Payer,
  row: ChannelStore.ChannelRow,
  insist: boolean,
): Promise<Released | Kept> {
  const channelId = row.channelId as Hex
  const url = context.providers.urlOf(row.provider as Hex)
  try {
    if (!url) throw new Error('its provider is away')
    const signed = signClose(context, payer, channelId)
    await ChannelStore.setCloseRequest(context.database, channelId, signed)
    const answer = await context.client.release(url, channelId, signed)
    return await released(context, row, answer)
  } catch (error) {
    const { message } = error as Error
    const { state } = await context.treasury.channel(channelId)
    if (state === 'none' && row.spent > 0n) await ChannelStore.setLost(context.database, channelId)
    else if (state === 'closed' || state === 'none') await seenClosed(context, channelId)
    else if (insist) {
      await beginClose(context, payer, channelId)
      return { channelId, reason: `${message} (it is being closed on chain)` }
    }
    return { channelId, reason: message }
  }
}

/** What the chain says of a channel that its provider closed. */
async function released(
  context: ChannelContext,
  row: ChannelStore.ChannelRow,
  answer: ProviderWire.ReleaseResult,
): Promise<Released> {
  const channelId = row.channelId as Hex
  const { state, claimed, locked } = await context.treasury.channel(channelId)
  if (state !== 'closed') throw new Error('its provider says that it is closed, and the chain says that it is not')
  await assertClaimed(context, row, claimed, locked)
  await seenClosed(context, channelId)
  return { channelId, spent: claimed, released: locked - claimed, tx: answer.tx }
}

const seenClosed = ({ database, closing }: ChannelContext, channelId: Hex): Promise<void> =>
  ChannelStore.setSeenClosed(database, channelId, closing.confirmSeconds)
