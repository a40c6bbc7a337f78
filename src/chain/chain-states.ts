import type { Hex } from '../core/index.ts'

/** By the number that the contract uses. A channel never leaves `closed`. */
export const ChannelStatus = ['none', 'open', 'closing', 'closed'] as const

/** A channel as the contract has it; money in µUSDC, `window` in seconds, `closeAt` in unix s (0 unless closing). */
export type ChannelState = {
  id: Hex
  session: Hex
  provider: Hex
  modelId: bigint
  lane: number
  key: Hex
  locked: bigint
  claimed: bigint
  seq: bigint
  creatorBps: number
  feeBps: number
  window: number
  status: (typeof ChannelStatus)[number]
  closeAt: bigint
}

/** A session as the contract has it; `used` µUSDC of `cap` are locked or spent, `expiry` in unix s. */
export type SessionState = {
  id: Hex
  payer: Hex
  key: Hex
  cap: bigint
  used: bigint
  expiry: bigint
  revoked: boolean
  modelsRoot: Hex
}

export type ModelState = {
  modelId: bigint
  owner: Hex
  creatorBps: number
  head: Hex
  versions: bigint
  ownerEpoch: bigint
  termsHash: Hex
  termsNonce: bigint
  tagNonce: bigint
  repo: string
}

/** An anchored manifest; `manifestCid` are the CID's bytes, `at` in unix s, `index` counts from 1. */
export type VersionState = {
  modelId: bigint
  root: Hex
  manifestCid: Hex
  fileCount: bigint
  parent: Hex
  publisher: Hex
  at: bigint
  index: number
  deprecated: boolean
}

export type Head = { modelId: bigint; root: Hex; owner: Hex; ownerEpoch: bigint; creatorBps: number }

/** A provider; `nonce` is the lowest acceptable one of its next Register. */
export type ProviderState = {
  address: Hex
  url: string
  stake: bigint
  unbonding: bigint
  releaseAt: bigint
  nonce: bigint
}
