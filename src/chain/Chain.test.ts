import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Bytes } from '../core/index.ts'
import { Calls, Chain, type ChainEvent, ContractRefusal, type EventFilter } from './index.ts'
import { mintModel, type Network, newClaimRow, newLock, newSession, signerOf, startNetwork, word } from './testing.ts'

let network: Network
beforeAll(async () => {
  network = await startNetwork()
})
afterAll(() => network[Symbol.asyncDispose]())

async function allEvents(filter: EventFilter = {}): Promise<ChainEvent[]> {
  const events: ChainEvent[] = []
  for await (const chunk of network.chain.events(filter)) events.push(...chunk)
  return events
}

describe('behavior: the whole line on chain', () => {
  test('behavior: a mint, a deposit with one signature, a lock, a claim and its release', async () => {
    const { chain, relayer, deployment } = network
    const { modelId, mint, repo } = await mintModel(network, 'tiny-chat')
    expect(await chain.head(repo)).toEqual({
      modelId,
      root: mint.root,
      owner: signerOf('dehug').address,
      ownerEpoch: 0n,
      creatorBps: 2_000,
    })
    expect(await chain.version(modelId, mint.root)).toMatchObject({
      manifestCid: '0x01551220',
      fileCount: 3n,
      index: 1,
    })
    expect(await chain.namespaceOwner('DeHug')).toBe(signerOf('dehug').address)
    expect(await chain.resolve('model:dehug/nothing')).toBeUndefined()

    const provider = signerOf('node-1').address
    const opened = newSession(network, { payer: 'alice', salt: 1, microUsdc: 5_000_000n })
    const before = await chain.usdc.balanceOf(opened.payer.address)
    await relayer.send(opened.call, { account: opened.payer.address })
    expect(before - (await chain.usdc.balanceOf(opened.payer.address))).toBe(5_000_000n)
    expect(await chain.free(opened.payer.address)).toBe(5_000_000n)
    expect(await chain.session(opened.sessionId)).toMatchObject({
      payer: opened.payer.address,
      used: 0n,
      revoked: false,
    })

    const locked = newLock(network, opened, { provider, modelId, add: 1_000_000n })
    await relayer.send(locked.call, { account: opened.payer.address })
    expect(await chain.channel(locked.channelId)).toMatchObject({
      status: 'open',
      session: opened.sessionId,
      provider,
      modelId,
      key: opened.key.address,
      locked: 1_000_000n,
      claimed: 0n,
      creatorBps: 2_000,
      feeBps: 250,
      window: 3_600,
    })

    const row = newClaimRow(network, opened, {
      provider: 'node-1',
      channelId: locked.channelId,
      seq: 3n,
      spent: 10_001n,
    })
    const { gasUsed } = await relayer.send(Calls.claim(deployment, [row], '0x0155'), { account: provider })
    expect(gasUsed).toBeLessThan(2n ** 24n)
    expect(await chain.channel(locked.channelId)).toMatchObject({ claimed: 10_001n, seq: 3n })
    expect(await chain.credit(provider)).toBe(10_001n - 250n - 2_000n)
    expect(await chain.revenue.modelTotals(modelId)).toEqual({ creator: 1_000n, holder: 1_000n })
    expect(await chain.revenue.creditOf(mint.owner)).toBe(2_000n)
    expect(await chain.revenue.sharesOf(modelId)).toEqual([{ creator: mint.owner, shareBps: 10_000 }])
  })

  test('behavior: events come back typed, in order, with their place and time, whatever the chunk size', async () => {
    const events = await allEvents()
    expect(events.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['ModelMinted', 'VersionPublished', 'Transfer']),
    )
    const positions = events.map(({ blockNumber, logIndex }) => Number(blockNumber) * 1e6 + logIndex)
    expect(positions).toEqual(positions.toSorted((a, b) => a - b))

    const claims = []
    for await (const chunk of network.chain.events({
      contracts: ['UsageController'],
      names: ['Claimed'],
      blocksPerRequest: 2n,
    }))
      claims.push(...chunk)
    expect(claims).toHaveLength(1)
    const [claimed] = claims
    expect(claimed?.args).toMatchObject({
      seqFrom: 1n,
      seqTo: 3n,
      delta: 10_001n,
      feeAmount: 250n,
      modelAmount: 2_000n,
    })
    expect(claimed?.args.provider).toBe(signerOf('node-1').address)
    const block = await network.chain.client.getBlock({ blockNumber: claimed!.blockNumber })
    expect(claimed?.timestamp).toBe(block.timestamp)
    expect(claimed?.blockHash).toBe(block.hash)
    expect(await allEvents({ blocksPerRequest: 1n, toBlock: events.at(-1)!.blockNumber })).toEqual(events)
  })
})

describe('error: what the contracts refuse', () => {
  test('error: one authorization deposits once, and the refusal says what to do', async () => {
    const opened = newSession(network, { payer: 'bob', salt: 2, microUsdc: 1_000n })
    await network.relayer.send(opened.call, { account: 'bob' })
    const again = network.relayer.send(opened.call, { account: 'bob' })
    await expect(again).rejects.toThrow(ContractRefusal)
    await expect(again).rejects.toMatchObject({
      code: 'authorization_used',
      status: 409,
      hint: 'Sign a new authorization.',
      message: 'UsageController.depositWithSession was refused: FiatTokenV2: authorization is used or canceled.',
    })
  })

  test('error: a lock above the balance is a payment error with the shortfall', async () => {
    const opened = newSession(network, { payer: 'bob', salt: 3, microUsdc: 1_000n, cap: 10n ** 12n })
    await network.relayer.send(opened.call, { account: 'bob' })
    const { modelId } = await mintModel(network, 'other')
    const free = await network.chain.free(opened.payer.address)
    const { call } = newLock(network, opened, { provider: signerOf('node-1').address, modelId, add: free + 1n })
    await expect(network.relayer.send(call, { account: 'bob' })).rejects.toMatchObject({
      code: 'insufficient_free',
      status: 402,
      exitCode: 4,
      details: { error: 'InsufficientFree', args: { free, amount: free + 1n } },
    })
  })

  test('error: what USDC refuses is decoded too', async () => {
    const opened = newSession(network, { payer: 'bob', salt: 4, microUsdc: 10n ** 15n })
    await expect(network.relayer.send(opened.call, { account: 'bob' })).rejects.toMatchObject({
      code: 'insufficient_usdc',
      status: 402,
    })
  })

  test('error: unknown models and versions', async () => {
    await expect(network.chain.model(5n)).rejects.toMatchObject({ code: 'unknown_on_chain', status: 404 })
    await expect(network.chain.head('model:dehug/nothing')).rejects.toMatchObject({ code: 'unknown_on_chain' })
    await expect(network.chain.version(5n, word(1))).rejects.toMatchObject({ code: 'unknown_on_chain' })
    expect(await network.chain.session(word(1))).toBeUndefined()
    expect((await network.chain.channel(word(1))).status).toBe('none')
    expect(await network.chain.provider(signerOf('auditor').address)).toBeUndefined()
  })
})

describe('error: networks that are not what the deployment says', () => {
  const connect = (change: (deployment: Network['deployment']) => Network['deployment']) =>
    Chain.connect({ rpcUrl: network.node.rpcUrl, deployment: change(structuredClone(network.deployment)) })

  test('error: a foreign chain', async () => {
    await expect(connect((d) => ({ ...d, chainId: 8453 }))).rejects.toMatchObject({
      code: 'foreign_chain',
      message: 'The node serves chain 31337; the deployment is on chain 8453.',
    })
  })

  test('error: a node that is not there', async () => {
    const { deployment } = network
    await expect(Chain.connect({ rpcUrl: 'http://127.0.0.1:9', deployment })).rejects.toMatchObject({
      code: 'rpc_failed',
      status: 503,
      retryable: true,
      hint: 'Check that a node runs at http://127.0.0.1:9.',
    })
  })

  test('error: a token with another EIP-712 domain', async () => {
    await expect(connect((d) => ({ ...d, usdc: { name: 'USDC', version: '2' } }))).rejects.toMatchObject({
      code: 'wrong_usdc_domain',
    })
  })

  test('error: an address without a contract, and contracts that do not belong together', async () => {
    const nobody = Bytes.toHex(new Uint8Array(20).fill(1))
    await expect(connect((d) => ({ ...d, contracts: { ...d.contracts, ModelNFT: nobody } }))).rejects.toMatchObject({
      code: 'not_deployed',
    })
    await expect(
      connect((d) => ({ ...d, contracts: { ...d.contracts, ModelNFT: d.contracts.RevenueLedger } })),
    ).rejects.toThrow()
  })
})
