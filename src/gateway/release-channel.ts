import { type Hex, RequestClose } from '../core/index.ts'
import { type ChannelContext, deadline } from './Channel.ts'
import * as ChannelStore from './ChannelStore.ts'
import * as Lane from './Lane.ts'
import type { Payer } from './Sessions.ts'

/** A channel that was settled and closed; µUSDC. */
export type Released = { channelId: Hex; spent: bigint; released: bigint; tx: Hex }
type Kept = { channelId: Hex; reason: string }

type Wish = { only?: Hex | undefined; except?: Hex; needed?: bigint }

/** Asks providers to settle and close the key's idle channels, the fullest first, until `needed` µUSDC are free. */
export async function releaseIdle(
  context: ChannelContext,
  payer: Payer,
  { only, except, needed }: Wish,
): Promise<{ released: Released[]; kept: Kept[] }> {
  const rows = await ChannelStore.openOf(context.database, payer.signer.address)
  const wanted = rows
    .filter((row) => row.locked > row.spent && row.channelId !== except && (!only || row.channelId === only))
    .sort((a, b) => (a.locked - a.spent > b.locked - b.spent ? -1 : 1))
  const released: Released[] = []
  const kept: Kept[] = []
  for (const row of wanted) {
    if (needed !== undefined && released.reduce((sum, one) => sum + one.released, 0n) >= needed) break
    const result = await releaseChannel(context, payer, row)
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
): Promise<Released | Kept> {
  const channelId = row.channelId as Hex
  const keep = (reason: string): Kept => ({ channelId, reason })
  const instance = Lane.instanceOf(row.lane)
  const ask = () => askProvider(context, payer, row)
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
  if ('reason' in result) channel.retired = false
  return result
}

async function askProvider(
  context: ChannelContext,
  payer: Payer,
  row: ChannelStore.ChannelRow,
): Promise<Released | Kept> {
  const channelId = row.channelId as Hex
  const url = context.providers.urlOf(row.provider as Hex)
  if (!url) return { channelId, reason: 'its provider is away' }
  const request = { channelId, deadline: deadline(context) }
  const signature = payer.signer.sign(RequestClose.digest(context.treasury.separator, request))
  try {
    const { spent, released, tx } = await context.client.release(url, channelId, { request, signature })
    await ChannelStore.setState(context.database, channelId, 'closed')
    return { channelId, spent, released, tx }
  } catch (error) {
    const { state } = await context.treasury.channel(channelId)
    if (state === 'closed' || state === 'none') await ChannelStore.setState(context.database, channelId, 'closed')
    return { channelId, reason: (error as Error).message }
  }
}
