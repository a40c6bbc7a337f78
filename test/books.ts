import { expect } from 'vitest'
import type { Chain } from '../src/chain/index.ts'
import { Domain, type Hex, Voucher } from '../src/core/index.ts'
import { type CheckedReceipt, type Client, Ledger, PortableSigner } from '../src/sdk/index.ts'
import { ProviderWire } from '../src/wire/index.ts'

/** Where all USDC is that was ever paid in, µUSDC, as the contracts say it. */
export type Books = {
  deposited: bigint
  withdrawn: bigint
  /** Payers' money that is neither locked nor spent. */
  free: bigint
  /** In channels that are not closed, and not claimed. */
  locked: bigint
  providers: bigint
  protocol: bigint
  /** Of models, all time. */
  creators: bigint
  holders: bigint
  /** Taken in by claims, all time. */
  claimed: bigint
}

/**
 * Reads every balance of everybody the chain has ever named and asserts that they are, to the unit, what was paid in and
 * what the contracts hold. For a network at rest whose models have one creator each (several leave dust).
 */
export async function assertExactBooks(chain: Chain.Chain): Promise<Books> {
  const seen = await everybody(chain)
  const sum = async (keys: Iterable<Hex>, read: (key: Hex) => Promise<bigint>) =>
    total(await Promise.all([...keys].map(read)))
  const { UsageController, RevenueLedger, ProviderRegistry } = chain.deployment.contracts
  const [free, providers, protocol, locked, revenue, models] = await Promise.all([
    sum(seen.payers, chain.free),
    sum(seen.providers, chain.credit),
    chain.credit(seen.treasury),
    sum(seen.channels, async (id) => {
      const channel = await chain.channel(id)
      return channel.status === 'closed' ? 0n : channel.locked - channel.claimed
    }),
    sum(seen.earners, chain.revenue.creditOf),
    Promise.all([...seen.models].map((modelId) => chain.revenue.modelTotals(modelId))),
  ])
  const [held, heldForModels, stakes] = await Promise.all(
    [UsageController, RevenueLedger, ProviderRegistry].map((contract) => chain.usdc.balanceOf(contract)),
  )
  const creators = total(models.map(({ creator }) => creator))
  const holders = total(models.map(({ holder }) => holder))
  const { deposited, withdrawn, withdrawnRevenue, claimed } = seen
  expect({ held, heldForModels, stakes }).toEqual({
    held: free + locked + providers + protocol,
    heldForModels: revenue,
    stakes: 0n,
  })
  expect(revenue).toBe(creators + holders - withdrawnRevenue)
  expect(free + locked + providers + protocol + revenue).toBe(deposited - withdrawn - withdrawnRevenue)
  return {
    ...{ deposited, withdrawn: withdrawn + withdrawnRevenue, free, locked, providers, protocol, creators, holders },
    claimed,
  }
}

async function everybody(chain: Chain.Chain) {
  const [payers, providers, earners, channels] = [new Set<Hex>(), new Set<Hex>(), new Set<Hex>(), new Set<Hex>()]
  const models = new Set<bigint>()
  const sums = { deposited: 0n, withdrawn: 0n, withdrawnRevenue: 0n, claimed: 0n }
  let treasury: Hex = '0x'
  for await (const events of chain.events()) {
    for (const { contract, name, args } of events) {
      if (name === 'Deposited') payers.add(args.payer)
      if (name === 'Deposited') sums.deposited += args.amount
      if (name === 'Withdrawn' && contract === 'UsageController') sums.withdrawn += args.amount
      if (name === 'CreditWithdrawn') sums.withdrawn += args.amount
      if (name === 'Withdrawn' && contract === 'RevenueLedger') sums.withdrawnRevenue += args.amount
      if (name === 'Locked') channels.add(args.channelId)
      if (name === 'Locked') providers.add(args.provider)
      if (name === 'Claimed') sums.claimed += args.delta
      if (name === 'Credited') earners.add(args.holder)
      if (name === 'SharesSet') for (const creator of args.creators) earners.add(creator)
      if (name === 'ModelMinted') models.add(args.modelId)
      if (name === 'TreasurySet') treasury = args.treasury
    }
  }
  return { payers, providers, earners, channels, models, treasury, ...sums }
}

/** One channel as its payer's receipts, its provider's book and the chain have it. */
export type ChannelRecord = {
  channelId: Hex
  provider: Hex
  receipts: CheckedReceipt[]
  spent: bigint
  claimed: bigint
}

/**
 * Asserts that the receipts which the payers hold are numbered without gaps or doubles, that their totals grow by exactly
 * their fees, and that provider and chain know the same totals. Each receipt's signatures are checked by the SDK.
 */
export async function assertReceiptsAreBooks(clients: Client.Client[]): Promise<ChannelRecord[]> {
  const [first] = clients
  if (!first) return []
  const { chain } = await Ledger.open(first.connection)
  const all = (await Promise.all(clients.map((client) => client.receipts({ limit: 1000 })))).flat()
  expect(new Set(all.map(({ jobId }) => jobId)).size).toBe(all.length)
  const channels = new Map<Hex, CheckedReceipt[]>()
  for (const one of all) channels.set(one.receipt.channelId, [...(channels.get(one.receipt.channelId) ?? []), one])
  return Promise.all([...channels].map(([channelId, receipts]) => assertChannel(chain, channelId, receipts)))
}

async function assertChannel(chain: Chain.Chain, channelId: Hex, unsorted: CheckedReceipt[]): Promise<ChannelRecord> {
  const receipts = unsorted.sort((a, b) => Number(a.receipt.seq - b.receipt.seq))
  let spent = 0n
  for (const [i, { receipt, maxFee }] of receipts.entries()) {
    spent += receipt.fee
    expect({ seq: receipt.seq, spent: receipt.spent }).toEqual({ seq: BigInt(i + 1), spent })
    expect(receipt.fee).toBeLessThanOrEqual(maxFee)
  }
  const provider = receipts[0]?.provider as Hex
  const seq = BigInt(receipts.length)
  const [book, onChain] = await Promise.all([bookOf(chain, provider, channelId), chain.channel(channelId)])
  const { chainId, contracts } = chain.deployment
  const domain = Domain.separator(Domain.usage(chainId, contracts.UsageController))
  for (const { voucher, voucherSignature } of receipts) {
    expect(PortableSigner.recover(Voucher.digest(domain, voucher), voucherSignature)).toBe(onChain.key)
  }
  // Of one receipt alone the total may be above its own job's ceiling: later jobs may have ended before it.
  const ceilings = receipts.map(({ voucher }) => voucher.ceiling)
  expect(ceilings.some((ceiling) => ceiling >= spent)).toBe(true)
  expect(book).toMatchObject({ spent, seq, reserved: 0n })
  expect(onChain.claimed).toBeLessThanOrEqual(spent)
  if (onChain.status === 'closed') expect(onChain).toMatchObject({ claimed: spent })
  return { channelId, provider, receipts, spent, claimed: onChain.claimed }
}

/** What a provider says about a channel. */
export async function bookOf(chain: Chain.Chain, provider: Hex, channelId: Hex): Promise<ProviderWire.ChannelState> {
  const answer = await fetch(`${(await chain.provider(provider))?.url}/channels/${channelId}`)
  return ProviderWire.ChannelState.parse(await answer.json())
}

export const total = (amounts: Iterable<bigint>): bigint => [...amounts].reduce((sum, amount) => sum + amount, 0n)
