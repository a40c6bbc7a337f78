import { BigInt, Bytes } from '@graphprotocol/graph-ts'
import {
  Batch,
  Challenge,
  Channel,
  Claim,
  Deposit,
  Model,
  Payer,
  Session,
  SkippedClaim,
  Withdrawal,
} from '../generated/schema'
import {
  BatchPosted,
  Challenged,
  Claimed,
  ClaimSkipped,
  CloseFinalized,
  CloseRequested,
  CreditWithdrawn,
  Deposited,
  Locked,
  Released,
  SessionOpened,
  SessionRevoked,
  Withdrawn,
} from '../generated/UsageController/UsageController'
import { idOf } from './occurrence'
import { providerRow } from './provider-row'

/** In the order of the contract's enum. */
const skipReasons = [
  'none',
  'unknown_channel',
  'channel_closed',
  'window_over',
  'voucher_of_other_channel',
  'nothing_new',
  'seq_not_newer',
  'above_ceiling',
  'above_locked',
  'bad_claim_signature',
  'bad_voucher_signature',
]

function payerRow(address: Bytes, at: BigInt): Payer {
  const known = Payer.load(address.toHexString())
  if (known != null) return known
  const row = new Payer(address.toHexString())
  row.address = address
  row.deposited = BigInt.zero()
  row.spent = BigInt.zero()
  row.withdrawn = BigInt.zero()
  row.at = at
  return row
}

export function handleDeposited(event: Deposited): void {
  const row = new Deposit(idOf(event))
  row.payer = event.params.payer
  row.amount = event.params.amount
  row.at = event.block.timestamp
  row.block = event.block.number
  row.txHash = event.transaction.hash
  row.save()
  const payer = payerRow(event.params.payer, event.block.timestamp)
  payer.deposited = payer.deposited.plus(event.params.amount)
  payer.save()
}

export function handleSessionOpened(event: SessionOpened): void {
  const row = new Session(event.params.session.toHexString())
  row.payer = event.params.payer
  row.key = event.params.key
  row.cap = event.params.cap
  row.expiry = event.params.expiry
  row.modelsRoot = event.params.modelsRoot
  row.revoked = false
  row.at = event.block.timestamp
  row.txHash = event.transaction.hash
  row.save()
}

export function handleSessionRevoked(event: SessionRevoked): void {
  const row = Session.load(event.params.session.toHexString())
  if (row == null) return
  row.revoked = true
  row.save()
}

export function handleLocked(event: Locked): void {
  let row = Channel.load(event.params.channelId.toHexString())
  if (row == null) {
    row = new Channel(event.params.channelId.toHexString())
    const session = Session.load(event.params.session.toHexString())
    row.session = event.params.session
    row.payer = session == null ? null : session.payer
    row.provider = event.params.provider
    row.modelId = event.params.modelId
    row.lane = event.params.lane.toI32()
    row.key = event.params.key
    row.claimed = BigInt.zero()
    row.returned = BigInt.zero()
    row.seq = BigInt.zero()
    row.creatorBps = event.params.creatorBps
    row.feeBps = event.params.feeBps
    row.window = event.params.window.toI32()
    row.status = 'open'
    row.at = event.block.timestamp
  }
  row.locked = event.params.locked
  row.updatedAt = event.block.timestamp
  row.save()
}

export function handleClaimed(event: Claimed): void {
  const row = new Claim(idOf(event))
  row.channelId = event.params.channelId
  row.provider = event.params.provider
  row.modelId = event.params.modelId
  row.batchRoot = event.params.batchRoot
  row.seqFrom = event.params.seqFrom
  row.seqTo = event.params.seqTo
  row.delta = event.params.delta
  row.providerAmount = event.params.providerAmount
  row.modelAmount = event.params.modelAmount
  row.feeAmount = event.params.feeAmount
  row.at = event.block.timestamp
  row.block = event.block.number
  row.txHash = event.transaction.hash
  row.save()
  addClaim(event)
}

/** What a claim adds to its channel, model, provider and payer. */
function addClaim(event: Claimed): void {
  const at = event.block.timestamp
  const delta = event.params.delta
  const jobs = event.params.seqTo.minus(event.params.seqFrom).plus(BigInt.fromI32(1))
  const model = Model.load(event.params.modelId.toString())
  if (model != null) {
    model.claimed = model.claimed.plus(delta)
    model.jobs = model.jobs.plus(jobs)
    model.save()
  }
  const provider = providerRow(event.params.provider, at)
  provider.claimed = provider.claimed.plus(delta)
  provider.earned = provider.earned.plus(event.params.providerAmount)
  provider.jobs = provider.jobs.plus(jobs)
  provider.save()
  const channel = Channel.load(event.params.channelId.toHexString())
  if (channel == null) return
  channel.claimed = channel.claimed.plus(delta)
  channel.seq = event.params.seqTo
  channel.updatedAt = at
  channel.save()
  const address = channel.payer
  if (!address) return
  const payer = payerRow(address, at)
  payer.spent = payer.spent.plus(delta)
  payer.save()
}

export function handleClaimSkipped(event: ClaimSkipped): void {
  const reason = event.params.reason
  const row = new SkippedClaim(idOf(event))
  row.channelId = event.params.channelId
  row.provider = event.params.provider
  row.reason = reason < skipReasons.length ? skipReasons[reason] : reason.toString()
  row.at = event.block.timestamp
  row.txHash = event.transaction.hash
  row.save()
}

export function handleBatchPosted(event: BatchPosted): void {
  const row = new Batch(idOf(event))
  row.provider = event.params.provider
  row.batchRoot = event.params.batchRoot
  row.batchCid = event.params.batchCid
  row.at = event.block.timestamp
  row.block = event.block.number
  row.txHash = event.transaction.hash
  row.save()
}

export function handleCloseRequested(event: CloseRequested): void {
  const row = Channel.load(event.params.channelId.toHexString())
  if (row == null) return
  row.status = 'closing'
  row.closeAt = event.params.closeAt
  row.updatedAt = event.block.timestamp
  row.save()
}

function close(channelId: Bytes, returned: BigInt, at: BigInt): void {
  const row = Channel.load(channelId.toHexString())
  if (row == null) return
  row.status = 'closed'
  row.returned = returned
  row.updatedAt = at
  row.save()
}

export function handleReleased(event: Released): void {
  close(event.params.channelId, event.params.amount, event.block.timestamp)
}

export function handleCloseFinalized(event: CloseFinalized): void {
  close(event.params.channelId, event.params.amount, event.block.timestamp)
}

export function handleWithdrawn(event: Withdrawn): void {
  const row = new Withdrawal(idOf(event))
  row.kind = 'free'
  row.account = event.params.payer
  row.to = event.params.to
  row.amount = event.params.amount
  row.at = event.block.timestamp
  row.txHash = event.transaction.hash
  row.save()
  const payer = payerRow(event.params.payer, event.block.timestamp)
  payer.withdrawn = payer.withdrawn.plus(event.params.amount)
  payer.save()
}

export function handleCreditWithdrawn(event: CreditWithdrawn): void {
  const row = new Withdrawal(idOf(event))
  row.kind = 'credit'
  row.account = event.params.account
  row.to = event.params.to
  row.amount = event.params.amount
  row.at = event.block.timestamp
  row.txHash = event.transaction.hash
  row.save()
}

export function handleChallenged(event: Challenged): void {
  const row = new Challenge(idOf(event))
  row.channelId = event.params.channelId
  row.provider = event.params.provider
  row.payer = event.params.payer
  row.compensation = event.params.compensation
  row.penalty = event.params.penalty
  row.at = event.block.timestamp
  row.txHash = event.transaction.hash
  row.save()
}
