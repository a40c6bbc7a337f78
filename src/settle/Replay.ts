import type { ChainEvent } from '../chain/index.ts'
import { type Hex, Split } from '../core/index.ts'

type Claimed = Extract<ChainEvent, { name: 'Claimed' }>

/** One paid row of a claim with everything it led to, µUSDC. */
export type PaidClaim = {
  block: bigint
  timestamp: bigint
  tx: Hex
  logIndex: number
  provider: Hex
  modelId: bigint
  channelId: Hex
  batchRoot: Hex
  /** First and last receipt, both included. */
  seqFrom: bigint
  seqTo: bigint
  delta: bigint
  providerAmount: bigint
  modelAmount: bigint
  feeAmount: bigint
  creatorAmount: bigint
  holderAmount: bigint
  holder: Hex | null
}

export type ReplayedChannel = {
  session: Hex
  provider: Hex
  modelId: bigint
  creatorBps: number
  feeBps: number
  locked: bigint
  claimed: bigint
  seq: bigint
  closed: boolean
  /** Running total by receipt number, at each claim. */
  claimedAt: Map<bigint, bigint>
}

type Creator = { share: number; seen: bigint; parts: bigint }

export type ReplayedModel = {
  repo: string
  owner: Hex
  creatorShareBps: number
  creators: Map<Hex, Creator>
  creatorTotal: bigint
  holderTotal: bigint
}

/** What does not add up; `expected` is what the events lead to. */
export type Difference = { kind: string; subject: string; expected: string; found: string; tx?: Hex }

/** All balances as the events of the chain lead to them; nothing is taken from the contracts' own sums. */
export type Replay = {
  channels: Map<Hex, ReplayedChannel>
  models: Map<bigint, ReplayedModel>
  payers: Map<Hex, Hex>
  free: Map<Hex, bigint>
  /** Of providers and treasuries. */
  credit: Map<Hex, bigint>
  /** Of NFT holders, minus what accounts withdrew from the revenue ledger. */
  revenue: Map<Hex, bigint>
  revenueDue: bigint
  /** All that the revenue ledger owes. */
  revenueOwed: bigint
  /** Of providers, with what they are asking back. */
  stakes: Map<Hex, bigint>
  claims: PaidClaim[]
  posts: { provider: Hex; batchRoot: Hex; batchCid: Hex; block: bigint }[]
  /** Providers' URLs. */
  urls: Map<Hex, string>
  differences: Difference[]
  treasury: Hex
}

const nobody: Hex = `0x${'0'.repeat(40)}`

export const start = (): Replay => ({
  channels: new Map(),
  models: new Map(),
  payers: new Map(),
  free: new Map(),
  credit: new Map(),
  revenue: new Map(),
  revenueDue: 0n,
  revenueOwed: 0n,
  stakes: new Map(),
  claims: [],
  posts: [],
  urls: new Map(),
  differences: [],
  treasury: nobody,
})

const add = <K>(balances: Map<K, bigint>, key: K, amount: bigint): void => {
  balances.set(key, (balances.get(key) ?? 0n) + amount)
}

/** Applies one event, in the order of the chain. */
export function apply(replay: Replay, event: ChainEvent): void {
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

function applyUsage(replay: Replay, event: Extract<ChainEvent, { contract: 'UsageController' }>): void {
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

function applyRevenue(replay: Replay, event: Extract<ChainEvent, { contract: 'RevenueLedger' }>): void {
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

const partsOf = (model: ReplayedModel, creator: Creator): bigint =>
  creator.parts + (model.creatorTotal - creator.seen) * BigInt(creator.share)

/** What one creator earned with a model so far, whole µUSDC. */
export const earnedOf = (model: ReplayedModel, account: Hex): bigint => {
  const creator = model.creators.get(account)
  return creator ? partsOf(model, creator) / Split.whole : 0n
}

/** What an account may withdraw from the revenue ledger: as holder and creator of all models, minus what it took. */
export function revenueOf(replay: Replay, account: Hex): bigint {
  let sum = replay.revenue.get(account) ?? 0n
  for (const model of replay.models.values()) sum += earnedOf(model, account)
  return sum
}

export function modelOf(replay: Replay, modelId: bigint): ReplayedModel {
  const known = replay.models.get(modelId)
  if (known) return known
  const fresh = { repo: '', owner: nobody, creatorShareBps: 0, creators: new Map(), creatorTotal: 0n, holderTotal: 0n }
  replay.models.set(modelId, fresh)
  return fresh
}

export function differ(replay: Replay, kind: string, subject: string, expected: string, found: string, tx?: Hex): void {
  replay.differences.push({ kind, subject, expected, found, ...(tx && { tx }) })
}

function compare(replay: Replay, kind: string, event: ChainEvent, expected: bigint, found: bigint): void {
  if (expected === found) return
  const { channelId, modelId } = event.args as { channelId?: Hex; modelId?: bigint }
  differ(replay, kind, channelId ?? `model ${modelId}`, `${expected}`, `${found}`, event.txHash)
}
