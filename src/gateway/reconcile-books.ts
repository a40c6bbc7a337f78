import { DehugError, Unavailable } from '../core/index.ts'
import { type Channel, ChannelRetired } from './Channel.ts'
import { Elsewhere } from './Elsewhere.ts'
import { Falsehood } from './Falsehood.ts'
import type { Gateway } from './Gateway.ts'
import { LaneLost } from './Lane.ts'
import type { KnownOffer } from './Providers.ts'
import type { Payer } from './Sessions.ts'

const closed = 'channel_not_open'

/** The refusals after which our book is compared with the provider's and the chain, and the job is sent again; and how often it is sent. */
const tries = new Map([
  ['ceiling_too_low', 4],
  ['above_locked', 4],
  ['contradicting_voucher', 4],
  ['unknown_channel', 4],
  // Each retry locks money on another channel.
  [closed, 2],
])

/** Whether a provider refused a job because of its channel. */
export const isAboutChannel = ({ code }: DehugError): boolean => tries.has(code)

/** Makes the job ready to be sent once more, or throws: `Elsewhere` when our book and the provider's do not come together. */
export async function reconcile(
  gateway: Gateway,
  known: KnownOffer,
  { payer, channel }: { payer: Payer; channel: Channel },
  error: DehugError,
  tried: number,
): Promise<void> {
  const most = tries.get(error.code)
  if (most === undefined) {
    if (error instanceof ChannelRetired && tried < 4) return
    throw error
  }
  if (tried >= most) {
    gateway.providers.ail(known.url)
    throw new Elsewhere(new BooksDiffer(error))
  }
  if (error.code === closed) await gateway.channels.retire(payer, channel)
  else
    await atProvider(gateway, known, () => gateway.channels.resync(payer, channel)).catch(async (reason: Elsewhere) => {
      if (reason.cause instanceof Falsehood) await gateway.channels.punish(payer, channel, reason.cause)
      throw reason
    })
}

/** What goes wrong while a provider's book is read is no reason not to ask another. */
export async function atProvider<T>(gateway: Gateway, known: KnownOffer, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof DehugError) || error instanceof LaneLost) throw error
    gateway.providers.ail(known.url)
    throw new Elsewhere(error)
  }
}

/** The provider takes no job on a channel that is in order as far as this gateway knows. */
export class BooksDiffer extends Unavailable {
  constructor(cause: DehugError) {
    super('The provider and this gateway do not agree on what their payment channel holds.', {
      code: 'books_differ',
      hint: 'Nothing was charged. Try again in a while.',
      details: { reason: cause.code },
      cause,
    })
  }
}
