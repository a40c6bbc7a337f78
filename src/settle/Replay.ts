import type { ChainEvent } from '../chain/index.ts'
import { type Hex, Split } from '../core/index.ts'

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

/** A creator's share of a model: what it earned since `seen`, beside the parts before. */
export type Creator = { share: number; seen: bigint; parts: bigint }

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

/** The zero address. */
export const nobody: Hex = `0x${'0'.repeat(40)}`

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

/** Adds to a balance that may not be there yet. */
export const add = <K>(balances: Map<K, bigint>, key: K, amount: bigint): void => {
  balances.set(key, (balances.get(key) ?? 0n) + amount)
}

/** What a creator's share of a model came to so far, in parts of {@link Split.whole}. */
export const partsOf = (model: ReplayedModel, creator: Creator): bigint =>
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

/** The model, which begins where it is first heard of. */
export function modelOf(replay: Replay, modelId: bigint): ReplayedModel {
  const known = replay.models.get(modelId)
  if (known) return known
  const fresh = { repo: '', owner: nobody, creatorShareBps: 0, creators: new Map(), creatorTotal: 0n, holderTotal: 0n }
  replay.models.set(modelId, fresh)
  return fresh
}

/** Notes what does not add up. */
export function differ(replay: Replay, kind: string, subject: string, expected: string, found: string, tx?: Hex): void {
  replay.differences.push({ kind, subject, expected, found, ...(tx && { tx }) })
}

/** Notes an amount of an event that is not what the events before lead to. */
export function compare(replay: Replay, kind: string, event: ChainEvent, expected: bigint, found: bigint): void {
  if (expected === found) return
  const { channelId, modelId } = event.args as { channelId?: Hex; modelId?: bigint }
  differ(replay, kind, channelId ?? `model ${modelId}`, `${expected}`, `${found}`, event.txHash)
}
