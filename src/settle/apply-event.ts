import type { ChainEvent } from '../chain/index.ts'
import { applyRevenue } from './apply-revenue.ts'
import { applyUsage } from './apply-usage.ts'
import { add, modelOf, type Replay } from './Replay.ts'

/** Applies one event, in the order of the chain. */
export function applyEvent(replay: Replay, event: ChainEvent): void {
  switch (event.contract) {
    case 'UsageController':
      applyUsage(replay, event)
      break
    case 'RevenueLedger':
      applyRevenue(replay, event)
      break
    case 'ModelRegistry':
      if (event.name === 'ModelMinted') modelOf(replay, event.args.modelId).repo = event.args.repo
      if (event.name === 'Renamed') modelOf(replay, event.args.modelId).repo = event.args.to
      break
    case 'ModelNFT':
      if (event.name === 'Transfer') modelOf(replay, event.args.tokenId).owner = event.args.to
      break
    case 'ProviderRegistry':
      applyProviders(replay, event)
  }
}

function applyProviders(replay: Replay, event: Extract<ChainEvent, { contract: 'ProviderRegistry' }>): void {
  const { stakes, urls } = replay
  switch (event.name) {
    case 'ProviderRegistered':
      urls.set(event.args.provider, event.args.url)
      break
    case 'Staked':
      add(stakes, event.args.provider, event.args.amount)
      break
    case 'Unbonded':
    case 'Slashed':
      add(stakes, event.args.provider, -event.args.amount)
      break
  }
}
