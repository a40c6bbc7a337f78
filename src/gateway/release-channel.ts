import { type Hex, RequestClose } from '../core/index.ts'
import * as ChannelStore from './ChannelStore.ts'
import type { Context } from './Channels.ts'
import * as Lane from './Lane.ts'
import type { Payer } from './Sessions.ts'

/** A channel that was settled and closed; µUSDC. */
export type Released = { channelId: Hex; spent: bigint; released: bigint; tx: Hex }
type Kept = { channelId: Hex; reason: string }

/** Settles one channel with its provider if nothing runs on it and its lane is ours or nobody's. */
export async function releaseChannel(
  context: Context,
  payer: Payer,
  row: ChannelStore.ChannelRow,
  deadline: bigint,
): Promise<Released | Kept> {
  const channelId = row.channelId as Hex
  const keep = (reason: string): Kept => ({ channelId, reason })
  const instance = Lane.instanceOf(row.lane)
  const ask = () => askProvider(context, payer, row, deadline)
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
  context: Context,
  payer: Payer,
  row: ChannelStore.ChannelRow,
  deadline: bigint,
): Promise<Released | Kept> {
  const channelId = row.channelId as Hex
  const url = context.providers.urlOf(row.provider as Hex)
  if (!url) return { channelId, reason: 'its provider is away' }
  const request = { channelId, deadline }
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
