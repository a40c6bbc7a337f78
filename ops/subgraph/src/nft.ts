import { Address } from '@graphprotocol/graph-ts'
import { OwnerEpochRaised, Transfer as TransferEvent } from '../generated/ModelNFT/ModelNFT'
import { Model, Transfer } from '../generated/schema'
import { idOf } from './occurrence'

export function handleTransfer(event: TransferEvent): void {
  const row = new Transfer(idOf(event))
  row.modelId = event.params.tokenId
  row.from = event.params.from
  row.to = event.params.to
  row.at = event.block.timestamp
  row.block = event.block.number
  row.txHash = event.transaction.hash
  row.save()
  if (event.params.from.equals(Address.zero())) return
  const model = Model.load(event.params.tokenId.toString())
  if (model == null) return
  model.owner = event.params.to
  model.save()
}

export function handleOwnerEpochRaised(event: OwnerEpochRaised): void {
  const model = Model.load(event.params.modelId.toString())
  if (model == null) return
  model.ownerEpoch = event.params.ownerEpoch
  model.save()
}
