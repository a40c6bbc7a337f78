import { Address, BigInt } from '@graphprotocol/graph-ts'
import {
  Credited,
  RoyaltyReceived,
  ShareReduced,
  SharesSet,
  TokenRoyaltyReceived,
  Withdrawn,
} from '../generated/RevenueLedger/RevenueLedger'
import { CreatorShare, Credit, Model, Royalty, Withdrawal } from '../generated/schema'
import { idOf } from './occurrence'

function changeShare(modelId: BigInt, creator: Address, bps: i32): void {
  const id = modelId.toString() + '-' + creator.toHexString()
  let row = CreatorShare.load(id)
  if (row == null) {
    row = new CreatorShare(id)
    row.modelId = modelId
    row.creator = creator
    row.shareBps = 0
  }
  row.shareBps = row.shareBps + bps
  row.save()
}

export function handleSharesSet(event: SharesSet): void {
  for (let i = 0; i < event.params.creators.length; i++) {
    changeShare(event.params.modelId, event.params.creators[i], event.params.shares[i])
  }
}

export function handleShareReduced(event: ShareReduced): void {
  changeShare(event.params.modelId, event.params.from, -event.params.bps)
  changeShare(event.params.modelId, event.params.to, event.params.bps)
}

export function handleCredited(event: Credited): void {
  const row = new Credit(idOf(event))
  row.modelId = event.params.modelId
  row.amount = event.params.amount
  row.creatorAmount = event.params.creatorAmount
  row.holderAmount = event.params.holderAmount
  row.holder = event.params.holder
  row.at = event.block.timestamp
  row.block = event.block.number
  row.txHash = event.transaction.hash
  row.save()
  const model = Model.load(event.params.modelId.toString())
  if (model == null) return
  model.creatorTotal = model.creatorTotal.plus(event.params.creatorAmount)
  model.holderTotal = model.holderTotal.plus(event.params.holderAmount)
  model.save()
}

export function handleRoyaltyReceived(event: RoyaltyReceived): void {
  const row = new Royalty(idOf(event))
  row.modelId = event.params.modelId
  row.amount = event.params.amount
  row.at = event.block.timestamp
  row.txHash = event.transaction.hash
  row.save()
  const model = Model.load(event.params.modelId.toString())
  if (model == null) return
  model.royaltyTotal = model.royaltyTotal.plus(event.params.amount)
  model.save()
}

export function handleTokenRoyaltyReceived(event: TokenRoyaltyReceived): void {
  const row = new Royalty(idOf(event))
  row.modelId = event.params.modelId
  row.token = event.params.token
  row.amount = event.params.amount
  row.at = event.block.timestamp
  row.txHash = event.transaction.hash
  row.save()
}

export function handleWithdrawn(event: Withdrawn): void {
  const row = new Withdrawal(idOf(event))
  row.kind = 'revenue'
  row.account = event.params.account
  row.to = event.params.to
  row.amount = event.params.amount
  row.at = event.block.timestamp
  row.txHash = event.transaction.hash
  row.save()
}
