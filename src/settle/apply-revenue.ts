import type { ChainEvent } from '../chain/index.ts'
import { type Hex, Split } from '../core/index.ts'
import { add, type Creator, compare, differ, modelOf, partsOf, type Replay, type ReplayedModel } from './Replay.ts'

/** Shares, and what models earned. */
export function applyRevenue(replay: Replay, event: Extract<ChainEvent, { contract: 'RevenueLedger' }>): void {
  switch (event.name) {
    case 'SharesSet': {
      const model = modelOf(replay, event.args.modelId)
      model.creatorShareBps = event.args.creatorShareBps
      event.args.creators.forEach((creator, i) => {
        model.creators.set(creator, { share: event.args.shares[i] as number, seen: 0n, parts: 0n })
      })
      break
    }
    case 'ShareReduced':
      moveShare(modelOf(replay, event.args.modelId), event.args)
      break
    case 'RoyaltyReceived':
      modelOf(replay, event.args.modelId).creatorTotal += event.args.amount
      replay.revenueOwed += event.args.amount
      break
    case 'Credited':
      applyCredit(replay, event)
      break
    case 'Withdrawn':
      add(replay.revenue, event.args.account, -event.args.amount)
      replay.revenueOwed -= event.args.amount
      break
  }
}

/** A claim's `Credited` follows its `Claimed` in the same transaction. */
function applyCredit(replay: Replay, event: Extract<ChainEvent, { name: 'Credited' }>): void {
  const { modelId, amount } = event.args
  const model = modelOf(replay, modelId)
  const split = Split.ofModel(amount, model.creatorShareBps)
  compare(replay, 'creator_part', event, split.creators, event.args.creatorAmount)
  compare(replay, 'holder_part', event, split.holder, event.args.holderAmount)
  if (event.args.holder !== model.owner) {
    differ(replay, 'holder', `model ${modelId}`, model.owner, event.args.holder, event.txHash)
  }
  const claim = replay.claims.at(-1)
  if (
    claim?.tx !== event.txHash ||
    claim.modelId !== modelId ||
    claim.holder !== null ||
    claim.modelAmount !== amount
  ) {
    differ(replay, 'credit_without_claim', `model ${modelId}`, '0', `${amount}`, event.txHash)
  } else {
    Object.assign(claim, { creatorAmount: split.creators, holderAmount: split.holder, holder: model.owner })
  }
  model.creatorTotal += split.creators
  model.holderTotal += split.holder
  replay.revenueOwed += amount
  add(replay.revenue, model.owner, split.holder)
}

function moveShare(model: ReplayedModel, { from, to, bps }: { from: Hex; to: Hex; bps: number }): void {
  for (const account of [from, to]) {
    const creator = model.creators.get(account) ?? { share: 0, seen: model.creatorTotal, parts: 0n }
    model.creators.set(account, { share: creator.share, seen: model.creatorTotal, parts: partsOf(model, creator) })
  }
  ;(model.creators.get(from) as Creator).share -= bps
  ;(model.creators.get(to) as Creator).share += bps
}
