import { parseAbi } from 'viem'
import type { Chain } from '../chain/index.ts'
import type { Hex } from '../core/index.ts'
import * as Replay from './Replay.ts'

/** Reads every balance from the contracts and lists those that the events do not lead to. */
export async function compareWithChain(chain: Chain.Chain, replay: Replay.Replay): Promise<Replay.Difference[]> {
  const found: Replay.Difference[] = []
  const check = async (kind: string, subject: string, expected: bigint | string, read: Promise<bigint | string>) => {
    const actual = await read
    if (actual !== expected) found.push({ kind, subject, expected: `${expected}`, found: `${actual}` })
  }
  await Promise.all([
    ...[...replay.credit].map(([account, amount]) => check('credit', account, amount, chain.credit(account))),
    ...[...replay.free].map(([payer, amount]) => check('free', payer, amount, chain.free(payer))),
    ...earners(replay).map((account) =>
      check('revenue', account, Replay.revenueOf(replay, account), chain.revenue.creditOf(account)),
    ),
    ...[...replay.models].map(([modelId, { creatorTotal, holderTotal }]) =>
      check(
        'model_totals',
        `${modelId}`,
        `${creatorTotal} ${holderTotal}`,
        chain.revenue.modelTotals(modelId).then(({ creator, holder }) => `${creator} ${holder}`),
      ),
    ),
    ...[...replay.channels].map(([channelId, { locked, claimed, seq, closed }]) =>
      check(
        'channel',
        channelId,
        `${locked} ${claimed} ${seq} ${closed ? 'closed' : 'open'}`,
        chain.channel(channelId).then((channel) => {
          const state = channel.status === 'closing' ? 'open' : channel.status
          return `${channel.locked} ${channel.claimed} ${channel.seq} ${state}`
        }),
      ),
    ),
    ...[...replay.stakes].map(([provider, amount]) =>
      check(
        'stake',
        provider,
        amount,
        chain.provider(provider).then((state) => (state ? state.stake + state.unbonding : 0n)),
      ),
    ),
    check('total_stake', 'ProviderRegistry', sum(replay.stakes.values()), own(chain, 'ProviderRegistry', 'totalStake')),
    check('revenue_due', 'UsageController', replay.revenueDue, own(chain, 'UsageController', 'revenueDue')),
    check('total_owed', 'RevenueLedger', replay.revenueOwed, own(chain, 'RevenueLedger', 'totalOwed')),
    ...heldAtLeast(replay).map(async ([contract, owed]) => {
      const held = await chain.usdc.balanceOf(chain.deployment.contracts[contract])
      if (held < owed) found.push({ kind: 'held', subject: contract, expected: `${owed}`, found: `${held}` })
    }),
  ])
  return found.sort((a, b) => (`${a.kind} ${a.subject}` < `${b.kind} ${b.subject}` ? -1 : 1))
}

type Holder = 'UsageController' | 'RevenueLedger' | 'ProviderRegistry'

/** USDC that the contracts must hold. Everybody may send USDC to a contract, so it may hold more than it owes, never less. */
function heldAtLeast(replay: Replay.Replay): [Holder, bigint][] {
  const open = [...replay.channels.values()].filter(({ closed }) => !closed)
  const locked = sum(open.map((channel) => channel.locked - channel.claimed))
  return [
    ['UsageController', sum(replay.free.values()) + locked + sum(replay.credit.values()) + replay.revenueDue],
    ['RevenueLedger', replay.revenueOwed - replay.revenueDue],
    ['ProviderRegistry', sum(replay.stakes.values())],
  ]
}

const sum = (amounts: Iterable<bigint>) => [...amounts].reduce((total, amount) => total + amount, 0n)

const ownTotals = parseAbi([
  'function totalStake() view returns (uint256)',
  'function revenueDue() view returns (uint256)',
  'function totalOwed() view returns (uint256)',
])

/** A contract's own total of what it owes. */
const own = (chain: Chain.Chain, contract: Holder, functionName: 'totalStake' | 'revenueDue' | 'totalOwed') =>
  chain.client.readContract({ address: chain.deployment.contracts[contract], abi: ownTotals, functionName })

/** Everybody who ever had something in the revenue ledger. */
export function earners(replay: Replay.Replay): Hex[] {
  const accounts = new Set<Hex>(replay.revenue.keys())
  for (const { creators } of replay.models.values()) for (const creator of creators.keys()) accounts.add(creator)
  return [...accounts].sort()
}
