import { type Batch, type Hex, Json } from '../core/index.ts'
import { earners } from './compare-with-chain.ts'
import * as Replay from './Replay.ts'

/** What everybody earned over all time, µUSDC. */
export type Totals = {
  claimed: bigint
  providers: { provider: Hex; claims: number; earned: bigint; credit: bigint }[]
  models: { modelId: bigint; repo: string; claimed: bigint; creators: bigint; holders: bigint }[]
  /** Creators and holders, with what they can withdraw now. */
  accounts: { account: Hex; revenue: bigint }[]
  protocol: bigint
}

export function totalsOf(replay: Replay.Replay): Totals {
  const { claims } = replay
  const sum = (amounts: bigint[]) => amounts.reduce((total, amount) => total + amount, 0n)
  const providers = [...new Set(claims.map(({ provider }) => provider))].sort()
  const models = [...replay.models].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    claimed: sum(claims.map(({ delta }) => delta)),
    providers: providers.map((provider) => {
      const own = claims.filter((claim) => claim.provider === provider)
      const earned = sum(own.map(({ providerAmount }) => providerAmount))
      return { provider, claims: own.length, earned, credit: replay.credit.get(provider) ?? 0n }
    }),
    models: models.map(([modelId, { repo, creatorTotal, holderTotal }]) => {
      const claimed = sum(claims.filter((claim) => claim.modelId === modelId).map(({ delta }) => delta))
      return { modelId, repo, claimed, creators: creatorTotal, holders: holderTotal }
    }),
    accounts: earners(replay).map((account) => ({ account, revenue: Replay.revenueOf(replay, account) })),
    protocol: sum(claims.map(({ feeAmount }) => feeAmount)),
  }
}

type Facts = {
  replay: Replay.Replay
  blobs: Map<Hex, Batch.Batch>
  totals: Totals
  since: bigint
  chainId: number
  controller: Hex
  fromBlock: bigint
  toBlock: bigint
}

/** One canonical JSON object a line (RFC 8785): the header, each claim, each receipt, the totals. */
export function datasetOf({ replay, blobs, totals, ...facts }: Facts): string {
  const lines: object[] = [{ kind: 'audit', schema: 'dehug.audit.v1', ...facts }]
  for (const claim of replay.claims) if (claim.timestamp >= facts.since) lines.push({ kind: 'claim', ...claim })
  for (const [batchRoot, { provider, entries }] of [...blobs].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const entry of entries) lines.push({ kind: 'receipt', batchRoot, provider, ...entry })
  }
  for (const provider of totals.providers) lines.push({ kind: 'provider', ...provider })
  for (const model of totals.models) lines.push({ kind: 'model', ...model })
  for (const account of totals.accounts) lines.push({ kind: 'account', ...account })
  lines.push({ kind: 'total', claimed: totals.claimed, protocol: totals.protocol })
  return `${lines.map((line) => Json.canonical(plain(line))).join('\n')}\n`
}

const plain = (line: object): unknown =>
  JSON.parse(JSON.stringify(line, (_, value) => (typeof value === 'bigint' ? value.toString() : value)))
