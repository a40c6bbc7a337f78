import { setImmediate as nextTurn } from 'node:timers/promises'
import { ContractRefusal } from '../chain/index.ts'
import { Bytes, Lock } from '../core/index.ts'
import * as Book from './Book.ts'
import { type Channel, type ChannelContext, deadline, type Shortage } from './Channel.ts'
import * as ChannelStore from './ChannelStore.ts'
import * as MicroUsdc from './MicroUsdc.ts'
import { releaseIdle } from './release-channel.ts'
import type { Payer } from './Sessions.ts'

type Spendable = Shortage & { most: bigint }

/**
 * Locks what all requests waiting for this channel need, or the usual amount if that is more, within balance and cap.
 * Idle channels are settled first where that is not enough. Returns what limited it, or undefined when all fit.
 */
export async function lockMore(context: ChannelContext, payer: Payer, channel: Channel): Promise<Shortage | undefined> {
  await nextTurn()
  const fees = [...channel.waiting.values()]
  const together = fees.reduce((sum, fee) => sum + fee, 0n)
  const all = Book.shortfall(channel.book, together)
  const least = Book.shortfall(channel.book, fees.reduce(MicroUsdc.min, together))
  if (all === 0n || channel.retired) return undefined
  let spendable = await readSpendable(context, payer)
  if (spendable.most < all) {
    await releaseIdle(context, payer, { needed: all - spendable.most, except: channel.book.channelId })
    spendable = await readSpendable(context, payer)
  }
  if (spendable.most < least) return spendable
  const wanted = MicroUsdc.max(all, context.defaultLock)
  const sent = await sendLock(context, payer, channel, MicroUsdc.min(wanted, spendable.most))
  // Another process was faster with the same money: look again.
  if (!sent) return readSpendable(context, payer)
  return spendable.most < all ? spendable : undefined
}

async function readSpendable({ treasury, sessions }: ChannelContext, payer: Payer): Promise<Spendable> {
  const [free, session] = await Promise.all([treasury.free(payer.session.payer), sessions.refresh(payer)])
  const same = session.session === payer.session.session ? session : await treasury.session(payer.session.session)
  const capLeft = same ? same.cap - same.used : 0n
  return { limit: free < capLeft ? 'balance' : 'cap', free, capLeft, most: MicroUsdc.min(free, capLeft) }
}

/** False when the balance or the cap does not allow it any more. */
async function sendLock(context: ChannelContext, payer: Payer, channel: Channel, add: bigint): Promise<boolean> {
  const { treasury, sessions, maxCreatorBps, database } = context
  const proof = await sessions.modelProof(payer.session, channel.modelId)
  const { session, provider, modelId, lane } = channel
  const nonce = Bytes.toBigInt(context.random(8))
  const lock = { session, provider, modelId, lane, add, maxCreatorBps, nonce, deadline: deadline(context) }
  try {
    await treasury.lock(lock, proof, payer.signer.sign(Lock.digest(treasury.separator, lock)), channel.payer)
  } catch (error) {
    if (error instanceof ContractRefusal && error.status === 402) return false
    throw error
  }
  const { locked, claimed } = await treasury.channel(channel.book.channelId)
  channel.book.locked = locked
  Book.assertClaimed(channel.book, claimed)
  await ChannelStore.setLocked(database, channel.book.channelId, locked)
  return true
}
