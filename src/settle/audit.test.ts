import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import Fastify from 'fastify'
import { encodeFunctionData, erc20Abi } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Calls, Usdc } from '../chain/index.ts'
import { Batch, Bytes, Cid, Claim, Domain, type Hex, RevenueWithdraw, Struct } from '../core/index.ts'
import { DiskStore, gatewayPlugin } from '../store/index.ts'
import { applyEvent } from './apply-event.ts'
import { assertClean, audit } from './audit.ts'
import * as Batches from './Batches.ts'
import { fromChain } from './ClaimChain.ts'
import { compareWithChain } from './compare-with-chain.ts'
import { fromStore } from './DataAvailability.ts'
import type * as Ledger from './Ledger.ts'
import * as NativeSigner from './NativeSigner.ts'
import * as Replay from './Replay.ts'
import {
  jobOn,
  lockChannel,
  mintModel,
  openSession,
  signerOf,
  type TestNetwork,
  type TestSession,
  testNetwork,
} from './test-network.ts'
import { ending, hex32, openBook, testDatabase } from './testing.ts'

let database: Awaited<ReturnType<typeof testDatabase>>
let network: TestNetwork
let store: DiskStore
let alice: TestSession
let bob: TestSession
const [creator, carol, node1, node2] = [signerOf('dehug'), signerOf('carol'), signerOf('node-1'), signerOf('node-2')]
const models: bigint[] = []

beforeAll(async () => {
  ;[database, network] = await Promise.all([testDatabase(), testNetwork()])
  store = await DiskStore.open({ dir: join(network.home, 'store') })
  models.push(
    await mintModel(network, 'dehug/one', { creators: [creator.address, carol.address], shares: [7_001, 2_999] }),
  )
  models.push(await mintModel(network, 'dehug/two', { creatorBps: 1_234 }))
  alice = await openSession(network, { key: NativeSigner.from(hex32(0xa11ce)), payer: signerOf('alice') })
  bob = await openSession(network, { key: NativeSigner.from(hex32(0xb0b)), payer: signerOf('bob') })
})
afterAll(async () => {
  await store?.[Symbol.asyncDispose]()
  await network?.stop()
  await database?.stop()
})

/** Jobs with these fees on a new channel, claimed; `release` closes it. */
let lane = 0
const earn = async (
  node: NativeSigner.NativeSigner,
  session: TestSession,
  modelId: bigint,
  fees: bigint[],
  release = false,
) => {
  await using ledger = await openBook(database.pool, { signer: node, domainSeparator: network.usage })
  const chain = fromChain(network.chain, network.relayer, node.address)
  const batches = Batches.start({
    pool: database.pool,
    ledger,
    signer: node,
    domainSeparator: network.usage,
    chain,
    da: fromStore(store),
    now: Date.now,
  })
  lane += 1
  const channelId = await lockChannel(network, session, { provider: node.address, modelId, lane })
  await ledger.observe({ ...(await chain.channel(channelId)), state: 'open' })
  await settleJobs(ledger, session, channelId, fees)
  if (release) await batches.release(channelId)
  return { channelId, results: await batches.claim() }
}

const settleJobs = async (ledger: Ledger.Ledger, session: TestSession, channelId: Hex, fees: bigint[]) => {
  let ceiling = 0n
  for (const [i, fee] of fees.entries()) {
    ceiling += fee
    const { job } = await ledger.reserve(jobOn(network, session, channelId, { n: BigInt(i + 1), ceiling, maxFee: fee }))
    await ledger.settle(job, { ...ending(fee), status: fee === 0n ? 2 : 0 })
  }
}

const auditAll = (more: object = {}) => audit({ chain: network.chain, store, ...more })

test('behavior: a busy network audits clean, and its dataset is the same each time', async () => {
  await earn(node1, alice, models[0]!, [100_003n, 0n, 77n])
  await earn(node2, alice, models[1]!, [33_333n])
  await earn(node1, bob, models[1]!, [1n, 2n, 3n], true)
  // The NFT is sold, a share is given away, and money is taken out between two claims.
  const share = Struct.define('ReduceShare', {
    modelId: 'uint256',
    from: 'address',
    to: 'address',
    bps: 'uint16',
    nonce: 'uint64',
    deadline: 'uint64',
  })
  const { chainId, contracts } = network.deployment
  const revenue = Domain.separator(Domain.revenue(chainId, contracts.RevenueLedger))
  const given = {
    modelId: models[0]!,
    from: carol.address,
    to: node2.address,
    bps: 999,
    nonce: 5n,
    deadline: 4_000_000_000n,
  }
  await network.send(Calls.reduceShare(network.deployment, given, carol.sign(share.digest(revenue, given))))
  await transfer(models[0]!, signerOf('bob').address)
  const taken = { account: creator.address, to: creator.address, amount: 1_000n, nonce: 9n, deadline: 4_000_000_000n }
  await network.send(
    Calls.withdrawRevenueBySig(network.deployment, taken, creator.sign(RevenueWithdraw.digest(revenue, taken))),
  )
  await earn(node2, bob, models[0]!, [55_555n, 4_321n])

  const result = await auditAll({ out: join(network.home, 'one.ndjson') })
  expect(result.differences).toEqual([])
  expect(result).toMatchObject({ ok: true, batches: 4, totals: { claimed: 100_080n + 33_333n + 6n + 59_876n } })
  const again = await auditAll({ out: join(network.home, 'two.ndjson'), toBlock: result.toBlock })
  expect(again.ok).toBe(true)
  const dataset = await readFile(join(network.home, 'one.ndjson'), 'utf8')
  expect(await readFile(join(network.home, 'two.ndjson'), 'utf8')).toBe(dataset)
  const kinds = dataset
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).kind)
  expect(kinds.filter((kind) => kind === 'claim').length).toBe(4)
  expect(kinds.filter((kind) => kind === 'receipt').length).toBe(9)
  // What the contract owes bob as the holder is what the audit says.
  const holder = result.totals.accounts.find(({ account }) => account === signerOf('bob').address)
  expect(holder?.revenue).toBe(await network.chain.revenue.creditOf(signerOf('bob').address))
})

const transfer = async (modelId: bigint, to: Hex) => {
  const { DevKeys, RelayBudget, Relayer } = await import('../chain/index.ts')
  const key = DevKeys.get('dehug', 31337).privateKey
  await using owner = await Relayer.start({
    chain: network.chain,
    key,
    budget: RelayBudget.inMemory({ now: Date.now }),
  })
  await owner.send(Calls.transferModel(network.deployment, creator.address, to, modelId), { account: 'owner' })
}

test('behavior: batches are read from gateways nobody trusts', async () => {
  const app = Fastify()
  await app.register(gatewayPlugin(store))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  expect(await audit({ chain: network.chain, sources: [url] })).toMatchObject({ ok: true })
  await app.close()
})

test('error: a batch nobody has any more', async () => {
  const empty = await DiskStore.open({ dir: join(network.home, 'empty') })
  const result = await audit({ chain: network.chain, store: empty })
  expect(result.ok).toBe(false)
  expect(new Set(result.differences.map(({ kind }) => kind))).toEqual(new Set(['batch_unreadable']))
  await empty[Symbol.asyncDispose]()
})

test('error: a store that changed one unit of one receipt', async () => {
  const { results } = await earn(node1, alice, models[1]!, [4_000n])
  const { cid, root } = results[0]!
  const text = (await fromStore(store).get(cid)).replace('"fee":"4000"', '"fee":"4001"')
  const lying = {
    ...store,
    open: async (wanted: string, range?: object) =>
      wanted === cid ? (await import('node:stream')).Readable.from([Buffer.from(text)]) : store.open(wanted, range),
  }
  const result = await audit({ chain: network.chain, store: lying as never })
  expect(result.differences).toEqual([expect.objectContaining({ kind: 'batch_unreadable', subject: root })])
  expect(() => assertClean(result)).toThrow(`The books do not add up: batch_unreadable of ${root}`)
  try {
    assertClean(result)
  } catch (error) {
    expect(error).toMatchObject({ code: 'audit_failed', exitCode: 3 })
  }
})

const stake = async (node: NativeSigner.NativeSigner, amountMicroUsdc: bigint) => {
  const { deployment } = network
  const times = { validAfter: 0n, validBefore: 4_000_000_000n }
  const nonce = hex32(0x57a4e)
  const to = deployment.contracts.ProviderRegistry
  const { digest } = Usdc.authorization(deployment, { from: node.address, to, value: amountMicroUsdc, ...times, nonce })
  const signature = node.sign(digest)
  await network.send(
    Calls.stakeWithAuthorization(deployment, { provider: node.address, amountMicroUsdc, ...times, nonce, signature }),
  )
}

test('error: a contract that holds less than it owes', async () => {
  await stake(node1, 5_000_000n)
  expect((await auditAll()).differences).toEqual([])
  const { contracts } = network.deployment
  const owners = ['ProviderRegistry', 'RevenueLedger', 'UsageController'] as const
  const call = (method: string, params: unknown[]) => network.chain.client.request({ method, params } as never)
  const snapshot = await call('evm_snapshot', [])
  for (const name of owners) {
    const held = await network.chain.usdc.balanceOf(contracts[name])
    await call('anvil_impersonateAccount', [contracts[name]])
    await call('anvil_setBalance', [contracts[name], '0xde0b6b3a7640000'])
    const data = encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [carol.address, held] })
    const hash = await call('eth_sendTransaction', [{ from: contracts[name], to: contracts.USDC, data }])
    await network.chain.client.waitForTransactionReceipt({ hash: hash as Hex, pollingInterval: 50 })
  }
  const { differences } = await auditAll()
  expect(differences.map(({ kind, subject, found }) => [kind, subject, found])).toEqual(
    owners.map((name) => ['held', name, '0']),
  )
  await call('evm_revert', [snapshot])
})

test('error: a stake and totals that no event explains', async () => {
  const replay = Replay.start()
  for await (const events of network.chain.events()) for (const event of events) applyEvent(replay, event)
  const staked = replay.stakes.get(node1.address) as bigint
  replay.stakes.set(node1.address, staked - 1n)
  replay.revenueOwed -= 1n
  const found = await compareWithChain(network.chain, replay)
  expect(found.map(({ kind }) => kind)).toEqual(['stake', 'total_owed', 'total_stake'])
})

/** Claims `seq` receipts worth `spent` under a batch that shows one receipt over 900. */
const claimUnder = async (lane: number, row: { seqTo: bigint }, asked: { seq: bigint; spent: bigint }) => {
  const modelId = models[1]!
  const channelId = await lockChannel(network, bob, { provider: node2.address, modelId, lane })
  const entry = {
    tag: hex32(lane),
    modelId,
    versionRoot: hex32(9),
    engine: hex32(5),
    status: 0,
    unitsIn: 1n,
    unitsOut: 1n,
    unitsMs: 1n,
    fee: 900n,
    hour: 0,
    commit: hex32(2),
  }
  const batch = Batch.from({
    provider: node2.address,
    entries: [entry],
    claims: [{ channelId, modelId, seqFrom: 0n, ...row, delta: 900n }],
  })
  const batchRoot = Batch.root(batch)
  const { cid } = await fromStore(store).put(batchRoot, Batch.serialize(batch))
  const { voucher, voucherSignature } = jobOn(network, bob, channelId, { n: 1n, ceiling: 901n, maxFee: 901n })
  const claim = { channelId, ...asked, batchRoot }
  const claimSig = node2.sign(Claim.digest(network.usage, claim))
  const rows = [{ claim, claimSig, voucher, voucherSig: voucherSignature }]
  await network.send(Calls.claim(network.deployment, rows, Bytes.toHex(Cid.bytes(cid))))
  return batchRoot
}

const differences = async (more: object = {}) =>
  (await auditAll(more)).differences.map(({ kind, expected, found }) => ({ kind, expected, found }))

test('error: a provider that hides a receipt that cost nothing', async () => {
  await claimUnder(76, { seqTo: 2n }, { seq: 2n, spent: 900n })
  expect(await differences()).toEqual([{ kind: 'batch_count', expected: '2 receipts', found: '1 receipts' }])
})

test('error: a provider that claims one unit more than its receipts say', async () => {
  const since = Number((await network.chain.now()) + 1n)
  // Blocks come faster than seconds pass.
  await network.chain.client.request({ method: 'evm_increaseTime', params: ['0x2'] } as never)
  await claimUnder(77, { seqTo: 1n }, { seq: 1n, spent: 901n })
  expect(await differences({ since })).toEqual([
    { kind: 'batch_row', expected: `${models[1]} 1 1 901`, found: `${models[1]} 1 1 900` },
    expect.objectContaining({ kind: 'receipts' }),
  ])
  const later = Number((await network.chain.now()) + 100n)
  expect(await auditAll({ since: later })).toMatchObject({ ok: true, batches: 0 })
})
