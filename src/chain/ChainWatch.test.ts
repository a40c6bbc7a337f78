import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Calls, type News } from './index.ts'
import { rpc } from './rpc.ts'
import { mintModel, type Network, newClaimRow, newLock, newSession, signerOf, startNetwork } from './testing.ts'

let network: Network
let modelId: bigint
beforeAll(async () => {
  network = await startNetwork()
  modelId = (await mintModel(network, 'watched')).modelId
})
afterAll(() => network[Symbol.asyncDispose]())

const provider = signerOf('node-1').address
const send = async (call: Calls.Call) => (await network.relayer.send(call, { account: 'x' })).receipt.blockNumber

describe('behavior: following the chain', () => {
  test('behavior: channels and sessions are answered from memory until an event changes them', async () => {
    await using watch = network.chain.watch()
    const opened = newSession(network, { payer: 'alice', salt: 1, microUsdc: 5_000_000n })
    expect(await watch.session(opened.sessionId)).toBeUndefined()
    await watch.reached(await send(opened.call))
    expect(await watch.session(opened.sessionId)).toMatchObject({ used: 0n })
    expect(await watch.sessionsOf(opened.key.address)).toEqual([opened.sessionId])

    const { channelId, call } = newLock(network, opened, { provider, modelId, add: 1_000_000n })
    expect((await watch.channel(channelId)).status).toBe('none')
    await watch.reached(await send(call))
    expect(await watch.channel(channelId)).toMatchObject({ status: 'open', locked: 1_000_000n, claimed: 0n })
    expect(await watch.session(opened.sessionId)).toMatchObject({ used: 1_000_000n })
    expect(await watch.channel(channelId)).toBe(await watch.channel(channelId))

    const row = newClaimRow(network, opened, { provider: 'node-1', channelId, seq: 1n, spent: 100n })
    await watch.reached(await send(Calls.claim(network.deployment, [row], '0x')))
    expect(await watch.channel(channelId)).toMatchObject({ claimed: 100n, seq: 1n })
  })

  test('behavior: listeners are told every event once, from the block they asked for', async () => {
    const told: News[] = []
    await using watch = network.chain.watch({ fromBlock: 0n })
    watch.on((news) => told.push(news))
    const opened = newSession(network, { payer: 'bob', salt: 1, microUsdc: 1_000n })
    await watch.reached(await send(opened.call))
    const seen = told.flatMap(({ events }) => events)
    const known = []
    for await (const chunk of network.chain.events({ toBlock: watch.block() })) known.push(...chunk)
    expect(seen).toEqual(known)
    expect(told.every(({ rewound }) => !rewound)).toBe(true)
  })

  test('behavior: after a rewind the memory is empty and the listeners are told anew', async () => {
    await using watch = network.chain.watch()
    const told: News[] = []
    watch.on((news) => told.push(news))
    const snapshot = await rpc(network.node.rpcUrl, 'evm_snapshot')
    const opened = newSession(network, { payer: 'bob', salt: 2, microUsdc: 1_000n })
    await watch.reached(await send(opened.call))
    expect(await watch.session(opened.sessionId)).toBeDefined()
    await rpc(network.node.rpcUrl, 'evm_revert', [snapshot])
    await expect.poll(() => told.some(({ rewound }) => rewound), { timeout: 10_000 }).toBe(true)
    expect(await watch.session(opened.sessionId)).toBeUndefined()
    const after = told.slice(told.findIndex(({ rewound }) => rewound)).flatMap(({ events }) => events)
    expect(after.some(({ name, args }) => name === 'SessionOpened' && args.session === opened.sessionId)).toBe(false)
  })
})
