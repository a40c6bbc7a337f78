import type { ChainEvent } from '../chain/index.ts'
import { Split } from '../core/index.ts'
import { add, compare, differ, nobody, type Replay } from './Replay.ts'

type Claimed = Extract<ChainEvent, { name: 'Claimed' }>

/** Deposits, channels and claims. */
export function applyUsage(replay: Replay, event: Extract<ChainEvent, { contract: 'UsageController' }>): void {
  const { free, credit } = replay
  switch (event.name) {
    case 'TreasurySet':
      replay.treasury = event.args.treasury
      break
    case 'SessionOpened':
      replay.payers.set(event.args.session, event.args.payer)
      break
    case 'Deposited':
      add(free, event.args.payer, event.args.amount)
      break
    case 'Withdrawn':
      add(free, event.args.payer, -event.args.amount)
      break
    case 'CreditWithdrawn':
      add(credit, event.args.account, -event.args.amount)
      break
    case 'Challenged':
      add(free, event.args.payer, event.args.compensation)
      add(credit, replay.treasury, event.args.penalty)
      break
    case 'RevenueForwarded':
      replay.revenueDue -= event.args.amount
      break
    case 'BatchPosted':
      replay.posts.push({ ...event.args, block: event.blockNumber })
      break
    case 'Locked':
      applyLock(replay, event.args)
      break
    case 'Claimed':
      applyClaim(replay, event)
      break
    case 'Released':
    case 'CloseFinalized':
      applyClose(replay, event)
      break
  }
}

function applyLock(replay: Replay, args: Extract<ChainEvent, { name: 'Locked' }>['args']): void {
  const known = replay.channels.get(args.channelId)
  add(replay.free, replay.payers.get(args.session) ?? nobody, -args.add)
  if (known) {
    known.locked += args.add
    return
  }
  const { session, provider, modelId, creatorBps, feeBps } = args
  const claimedAt = new Map([[0n, 0n]])
  const money = { locked: args.add, claimed: 0n, seq: 0n }
  replay.channels.set(args.channelId, {
    session,
    provider,
    modelId,
    creatorBps,
    feeBps,
    ...money,
    closed: false,
    claimedAt,
  })
}

function applyClaim(replay: Replay, event: Claimed): void {
  const { args } = event
  const channel = replay.channels.get(args.channelId)
  if (!channel) {
    differ(replay, 'claim_without_lock', args.channelId, 'a lock', 'none', event.txHash)
    return
  }
  const split = Split.ofClaim(args.delta, channel)
  compare(replay, 'provider_part', event, split.provider, args.providerAmount)
  compare(replay, 'model_part', event, split.model, args.modelAmount)
  compare(replay, 'protocol_part', event, split.protocolFee, args.feeAmount)
  compare(replay, 'first_receipt', event, channel.seq + 1n, args.seqFrom)
  channel.claimed += args.delta
  channel.seq = args.seqTo
  channel.claimedAt.set(args.seqTo, channel.claimed)
  add(replay.credit, channel.provider, split.provider)
  add(replay.credit, replay.treasury, split.protocolFee)
  replay.revenueDue += split.model
  const { batchRoot, channelId, seqFrom, seqTo, delta } = args
  replay.claims.push({
    block: event.blockNumber,
    timestamp: event.timestamp,
    tx: event.txHash,
    logIndex: event.logIndex,
    provider: channel.provider,
    modelId: channel.modelId,
    channelId,
    batchRoot,
    seqFrom,
    seqTo,
    delta,
    providerAmount: split.provider,
    modelAmount: split.model,
    feeAmount: split.protocolFee,
    creatorAmount: 0n,
    holderAmount: 0n,
    holder: null,
  })
}

function applyClose(replay: Replay, event: Extract<ChainEvent, { name: 'Released' | 'CloseFinalized' }>): void {
  const { channelId, amount } = event.args
  const channel = replay.channels.get(channelId)
  if (!channel) {
    differ(replay, 'close_without_lock', channelId, 'a lock', 'none', event.txHash)
    return
  }
  compare(replay, 'given_back', event, channel.locked - channel.claimed, amount)
  channel.closed = true
  add(replay.free, replay.payers.get(channel.session) ?? nobody, channel.locked - channel.claimed)
}
