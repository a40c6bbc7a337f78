import { BigInt } from '@graphprotocol/graph-ts'
import {
  ProviderRegistered,
  Slashed,
  Staked,
  UnbondRequested,
  Unbonded,
} from '../generated/ProviderRegistry/ProviderRegistry'
import { Withdrawal } from '../generated/schema'
import { idOf } from './occurrence'
import { providerRow } from './provider-row'

export function handleProviderRegistered(event: ProviderRegistered): void {
  const row = providerRow(event.params.provider, event.block.timestamp)
  row.url = event.params.url
  row.save()
}

export function handleStaked(event: Staked): void {
  const row = providerRow(event.params.provider, event.block.timestamp)
  row.stake = event.params.stake
  row.save()
}

export function handleUnbondRequested(event: UnbondRequested): void {
  const row = providerRow(event.params.provider, event.block.timestamp)
  row.stake = row.stake.minus(event.params.amount)
  row.unbonding = row.unbonding.plus(event.params.amount)
  row.releaseAt = event.params.releaseAt
  row.save()
}

export function handleUnbonded(event: Unbonded): void {
  const row = providerRow(event.params.provider, event.block.timestamp)
  row.unbonding = BigInt.zero()
  row.releaseAt = null
  row.save()
  const paid = new Withdrawal(idOf(event))
  paid.kind = 'stake'
  paid.account = event.params.provider
  paid.to = event.params.provider
  paid.amount = event.params.amount
  paid.at = event.block.timestamp
  paid.txHash = event.transaction.hash
  paid.save()
}

export function handleSlashed(event: Slashed): void {
  const row = providerRow(event.params.provider, event.block.timestamp)
  const amount = event.params.amount
  // The contract takes the stake first, then what is being unbonded.
  const missing = amount.gt(row.stake) ? amount.minus(row.stake) : BigInt.zero()
  row.stake = row.stake.plus(missing).minus(amount)
  row.unbonding = row.unbonding.minus(missing)
  row.slashed = row.slashed.plus(amount)
  row.save()
}
