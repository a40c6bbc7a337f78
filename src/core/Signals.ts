import type { Hex } from './Bytes.ts'
import * as Merkle from './Merkle.ts'
import * as PullReceipt from './PullReceipt.ts'

/** The name of the formula below; another formula gets another name. */
export const formula = 'dehug.signals.v1'

/** Thousandths of a point, except where named otherwise. See spec/signals.md; `EngagementFormula.sol` computes the same. */
export const weights = {
  halfLifeDays: 7,
  /** µUSDC of protocol fees that make a wallet one that paid. */
  paidFromMicroUsdc: 1_000,
  paidPull: 300,
  like: 200,
  /** µUSDC of protocol fees. */
  usageUnitMicroUsdc: 1_000,
  usageCap: 10_000,
} as const

/** A pull as it counts; `paid` says whether the puller is one that paid, up to the end of that day. */
export type Pull = { modelId: bigint; receipt: PullReceipt.PullReceipt; paid: boolean }
/** Protocol fees (µUSDC) of one channel's claims of one day. */
export type Usage = { channelId: Hex; modelId: bigint; payer: Hex; fee: bigint }
/** A like of a day, of a wallet that paid, up to the end of that day. */
export type Like = { modelId: bigint; account: Hex }

/** What a person can check of one UTC day. */
export type Inputs = { pulls: readonly Pull[]; usage: readonly Usage[]; likes: readonly Like[] }

/** What a model has of one day, as it stands in the tree of scores. */
export type Score = {
  modelId: bigint
  pulls: number
  paidPulls: number
  likes: number
  payers: number
  fee: bigint
  usagePoints: bigint
}

/** 1000 · log2(1 + amount / unit), straight between powers of two. */
const log = (unit: bigint, amount: bigint): bigint => {
  const x = amount + unit
  const whole = BigInt((x / unit).toString(2).length - 1)
  return whole * 1000n + (x * 1000n) / (unit << whole) - 1000n
}

/** Points for the protocol fees (µUSDC) of one payer for one model on one day. */
export const points = (fee: bigint): bigint => {
  const uncapped = log(BigInt(weights.usageUnitMicroUsdc), fee)
  return uncapped < weights.usageCap ? uncapped : BigInt(weights.usageCap)
}

/** Points of a model's day. */
export const dayPoints = (score: Score): bigint =>
  score.usagePoints +
  BigInt(score.paidPulls * weights.paidPull + score.likes * weights.like) +
  log(1n, BigInt(score.pulls - score.paidPulls)) / 1000n

/** What a day's points count later: half after every seven days. */
export const faded = (dayPoints: number, days: number): number => dayPoints * 2 ** (-days / weights.halfLifeDays)

/** The scores of one day by its inputs, in order of the model ids. A pure function: everybody computes the same. */
export const scores = ({ pulls, usage, likes }: Inputs): Score[] => {
  const models = new Map<bigint, { pulls: number; paidPulls: number; likes: Set<Hex>; fees: Map<Hex, bigint> }>()
  const of = (modelId: bigint) => {
    const known = models.get(modelId)
    if (known) return known
    const fresh = { pulls: 0, paidPulls: 0, likes: new Set<Hex>(), fees: new Map<Hex, bigint>() }
    models.set(modelId, fresh)
    return fresh
  }
  for (const { modelId, paid } of pulls) {
    of(modelId).pulls += 1
    if (paid) of(modelId).paidPulls += 1
  }
  for (const { modelId, payer, fee } of usage) {
    const { fees } = of(modelId)
    fees.set(payer, (fees.get(payer) ?? 0n) + fee)
  }
  for (const { modelId, account } of likes) of(modelId).likes.add(account)
  return [...models]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([modelId, { fees, ...counts }]) => ({
      modelId,
      ...counts,
      likes: counts.likes.size,
      payers: fees.size,
      fee: [...fees.values()].reduce((sum, fee) => sum + fee, 0n),
      usagePoints: [...fees.values()].reduce((sum, fee) => sum + points(fee), 0n),
    }))
}

export const pullLeaf = ({ receipt }: Pull): Hex =>
  Merkle.leaf([{ type: 'bytes32', value: PullReceipt.structHash(receipt) }])

export const usageLeaf = (of: Usage): Hex =>
  Merkle.leaf([
    { type: 'bytes32', value: of.channelId },
    { type: 'uint', value: of.modelId },
    { type: 'address', value: of.payer },
    { type: 'uint', value: of.fee },
  ])

export const scoreLeaf = (of: Score): Hex =>
  Merkle.leaf(
    [of.modelId, of.pulls, of.paidPulls, of.likes, of.payers, of.fee, of.usagePoints].map((value) => ({
      type: 'uint' as const,
      value,
    })),
  )

/** The three roots that `EngagementOracle` takes for a day; a list without entries has the zero root. */
export type Roots = { pulls: Hex; usage: Hex; scores: Hex }

export const roots = (inputs: Inputs): Roots => ({
  pulls: rootOf(inputs.pulls.map(pullLeaf)),
  usage: rootOf(inputs.usage.map(usageLeaf)),
  scores: rootOf(scores(inputs).map(scoreLeaf)),
})

const rootOf = (leaves: Hex[]): Hex => (leaves.length === 0 ? PullReceipt.noTag : Merkle.root(leaves))
