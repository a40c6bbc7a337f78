import { setTimeout as sleep } from 'node:timers/promises'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Calls, type DevKeys, RelayBudget, Relayer } from './index.ts'
import { rpc } from './rpc.ts'
import { keyOf, type Network, newSession, signerOf, startNetwork, word } from './testing.ts'

let network: Network
beforeAll(async () => {
  network = await startNetwork()
})
afterAll(() => network[Symbol.asyncDispose]())

const call = (method: string, ...params: unknown[]) => rpc(network.node.rpcUrl, method, params)
const anvil = {
  pauseMining: () => call('evm_setIntervalMining', 0),
  resumeMining: () => call('evm_setIntervalMining', 1),
}
const budget = (limits: Partial<RelayBudget.Limits> = {}) => RelayBudget.inMemory({ now: Date.now, ...limits })
const relayerOf = (name: DevKeys.DevName, options: Partial<Relayer.Options> = {}) =>
  Relayer.start({ chain: network.chain, key: keyOf(name), budget: budget(), ...options })
const nonceOf = async (name: DevKeys.DevName) =>
  Number(await call('eth_getTransactionCount', signerOf(name).address, 'latest'))
const approve = (amount: bigint) => Calls.approveUsdc(network.deployment, signerOf('auditor').address, amount)

describe('behavior: many transactions of one key', () => {
  test('behavior: 200 sends in parallel all succeed, each nonce once, in a few blocks', async () => {
    await using relayer = await relayerOf('carol')
    const before = await nonceOf('carol')
    const sent = await Promise.all(
      Array.from({ length: 200 }, (_, i) => relayer.send(approve(BigInt(i)), { account: 'carol' })),
    )
    expect(new Set(sent.map(({ hash }) => hash)).size).toBe(200)
    expect(await nonceOf('carol')).toBe(before + 200)
    const blocks = new Set(sent.map(({ receipt }) => receipt.blockNumber))
    expect(blocks.size).toBeLessThanOrEqual(5)
    expect(relayer.pending()).toBe(0)
  })

  test('behavior: a refused call among them uses no nonce and hinders nobody', async () => {
    await using relayer = await relayerOf('carol')
    const before = await nonceOf('carol')
    const tooMuch = Calls.transferUsdc(network.deployment, signerOf('alice').address, 10n ** 18n)
    const results = await Promise.allSettled(
      [approve(1n), tooMuch, approve(2n), tooMuch, approve(3n)].map((each) => relayer.send(each, { account: 'carol' })),
    )
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'])
    expect(await nonceOf('carol')).toBe(before + 3)
  })
})

describe('behavior: nothing gets stuck', () => {
  test('behavior: a restarted relayer goes on where the stopped one was cut off', async () => {
    await anvil.pauseMining()
    const first = await relayerOf('node-2')
    const cut = [1n, 2n, 3n].map((amount) => first.send(approve(amount), { account: 'x' }))
    const stopped = Promise.allSettled(cut)
    await expect.poll(() => call('eth_getTransactionCount', signerOf('node-2').address, 'pending')).toBe('0x3')
    await first.stop()
    expect((await stopped).map((result) => result.status === 'rejected' && result.reason.code)).toEqual(
      Array(3).fill('relayer_stopped'),
    )

    await using second = await relayerOf('node-2')
    const sent = second.send(approve(4n), { account: 'x' })
    await anvil.resumeMining()
    expect((await sent).receipt.status).toBe('success')
    expect(await nonceOf('node-2')).toBe(4)
  })

  test('behavior: a transaction that the pool dropped is sent again', async () => {
    await using relayer = await relayerOf('node-2')
    await anvil.pauseMining()
    const sent = [relayer.send(approve(5n), { account: 'x' }), relayer.send(approve(6n), { account: 'x' })]
    await expect.poll(async () => ((await call('txpool_status')) as { pending: string }).pending).toBe('0x2')
    await call('anvil_dropAllTransactions')
    await anvil.resumeMining()
    const receipts = await Promise.all(sent)
    expect(receipts.map(({ receipt }) => receipt.status)).toEqual(['success', 'success'])
  })

  test('behavior: a nonce that somebody else used with the same key is replaced by the next one', async () => {
    await using relayer = await relayerOf('node-2')
    await using rival = await relayerOf('node-2')
    const sent = await Promise.all(
      Array.from({ length: 10 }, (_, i) => (i % 2 ? relayer : rival).send(approve(BigInt(i)), { account: 'x' })),
    )
    expect(new Set(sent.map(({ hash }) => hash)).size).toBe(10)
  })

  test('behavior: a chain rewound below given-out receipts does not block later transactions', async () => {
    await using relayer = await relayerOf('node-1')
    const snapshot = await call('evm_snapshot')
    await relayer.send(approve(1n), { account: 'x' })
    await anvil.pauseMining()
    const waiting = relayer.send(approve(2n), { account: 'x' })
    await expect.poll(() => relayer.pending()).toBe(1)
    await sleep(network.chain.pollMs * 3)
    await call('evm_revert', snapshot)
    await anvil.resumeMining()
    expect((await waiting).receipt.status).toBe('success')
  })

  test('behavior: a fee that became too low is raised', async () => {
    await using relayer = await relayerOf('node-2', { raiseFeeAfterMs: 300 })
    await anvil.pauseMining()
    const sent = relayer.send(approve(7n), { account: 'x' })
    await expect.poll(async () => ((await call('txpool_status')) as { pending: string }).pending).toBe('0x1')
    const { maxFeePerGas } = await network.chain.client.estimateFeesPerGas()
    await sleep(1_000)
    await anvil.resumeMining()
    const { hash } = await sent
    const mined = await network.chain.client.getTransaction({ hash })
    expect(mined.maxFeePerGas).toBeGreaterThan(maxFeePerGas)
  })
})

describe('error: what the relayer does not pay for', () => {
  test('error: more transactions than an account may have', async () => {
    await using relayer = await relayerOf('auditor', { budget: budget({ transactionsPerAccount: 1 }) })
    await relayer.send(approve(1n), { account: 'greedy' })
    await expect(relayer.send(approve(2n), { account: 'greedy' })).rejects.toMatchObject({
      code: 'relay_quota_exceeded',
      status: 429,
      retryable: true,
    })
    await relayer.send(approve(2n), { account: 'modest' })
  })

  test('error: more gas money than the day has', async () => {
    await using relayer = await relayerOf('auditor', { budget: budget({ weiPerDay: 1_000n }) })
    await expect(relayer.send(approve(1n), { account: 'x' })).rejects.toMatchObject({ code: 'relay_budget_exhausted' })
  })

  test('behavior: only what was really spent counts, and nothing for a call that the contract refuses', async () => {
    let reservedWei = 0n
    let spentWei = 0n
    await using relayer = await relayerOf('auditor', {
      budget: {
        reserve: async ({ maxWei }) => {
          reservedWei += maxWei
          return {
            settle: async (wei) => {
              spentWei += wei
            },
          }
        },
      },
    })
    const { costWei } = await relayer.send(approve(1n), { account: 'x' })
    expect(spentWei).toBe(costWei)
    expect(reservedWei).toBeGreaterThan(costWei)
    const opened = newSession(network, { payer: 'alice', salt: 99, microUsdc: 10n ** 18n })
    await expect(relayer.send(opened.call, { account: 'x' })).rejects.toMatchObject({ code: 'insufficient_usdc' })
    expect(spentWei).toBe(costWei)
  })

  test('error: a call above the gas cap', async () => {
    await using relayer = await relayerOf('auditor')
    const rows = Array.from({ length: 1_600 }, (_, i) => ({
      claim: { channelId: word(i), seq: 1n, spent: 1n, batchRoot: word(0) },
      claimSig: `0x${'11'.repeat(65)}` as const,
      voucher: { channelId: word(i), n: 1n, ceiling: 1n, context: word(0) },
      voucherSig: `0x${'11'.repeat(65)}` as const,
    }))
    await expect(relayer.send(Calls.claim(network.deployment, rows, '0x'), { account: 'x' })).rejects.toMatchObject({
      code: 'gas_cap_exceeded',
      hint: 'Send it in smaller parts.',
    })
  })

  test('error: a key without money for gas is told so, and the call can be repeated', async () => {
    const key = word(0xdead)
    await using relayer = await Relayer.start({ chain: network.chain, key, budget: budget() })
    await expect(relayer.send(approve(1n), { account: 'x' })).rejects.toMatchObject({
      code: 'transaction_refused',
      status: 402,
    })
    await call('anvil_setBalance', privateKeyToAccount(key).address, '0xde0b6b3a7640000')
    expect((await relayer.send(approve(1n), { account: 'x' })).receipt.status).toBe('success')
  })

  test('error: a development key on a real chain', async () => {
    const elsewhere = { ...network.chain, chainId: 8453 }
    await expect(Relayer.start({ chain: elsewhere, key: keyOf('relayer'), budget: budget() })).rejects.toMatchObject({
      code: 'dev_key_off_loopback',
    })
  })

  test('error: a stopped relayer', async () => {
    const relayer = await relayerOf('auditor')
    await relayer.stop()
    await expect(relayer.send(approve(1n), { account: 'x' })).rejects.toMatchObject({ code: 'relayer_stopped' })
  })
})
