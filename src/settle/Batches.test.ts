import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Batch, type Hex } from '../core/index.ts'
import { DiskStore } from '../store/index.ts'
import * as Batches from './Batches.ts'
import { fromChain } from './ClaimChain.ts'
import { fromStore } from './DataAvailability.ts'
import type * as Ledger from './Ledger.ts'
import * as NativeSigner from './NativeSigner.ts'
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
let modelId: bigint
let session: TestSession
const provider = signerOf('node-1')

beforeAll(async () => {
  ;[database, network] = await Promise.all([testDatabase(), testNetwork()])
  store = await DiskStore.open({ dir: join(network.home, 'store') })
  modelId = await mintModel(network, 'dehug/claims')
  session = await openSession(network, { key: NativeSigner.from(hex32(0xbeef)) })
})
afterAll(async () => {
  await store?.[Symbol.asyncDispose]?.()
  await network?.stop()
  await database?.stop()
})

const withBook = async <T>(
  work: (book: Ledger.Ledger, batches: Batches.Batches) => Promise<T>,
  options: Partial<Batches.BatchesOptions> = {},
) => {
  await using ledger = await openBook(database.pool, { signer: provider, domainSeparator: network.usage })
  const batches = Batches.start({
    pool: database.pool,
    ledger,
    signer: provider,
    domainSeparator: network.usage,
    chain: chainOf(),
    da: fromStore(store),
    now: Date.now,
    ...options,
  })
  return await work(ledger, batches)
}
const chainOf = () => fromChain(network.chain, network.relayer, provider.address)

let lane = 0
const openChannel = async (ledger: Ledger.Ledger, add = 1_000_000n, model = modelId): Promise<Hex> => {
  lane += 1
  const channelId = await lockChannel(network, session, { provider: provider.address, modelId: model, lane, add })
  const facts = await chainOf().channel(channelId)
  await ledger.observe({ ...facts, state: 'open' })
  return channelId
}

/** `fees.length` jobs on a channel, of which each pays its fee. */
const work = async (ledger: Ledger.Ledger, channelId: Hex, fees: bigint[], from = 1n) => {
  let ceiling = (await ledger.channel(channelId))!.spent
  for (const [i, fee] of fees.entries()) {
    ceiling += fee
    const { job } = await ledger.reserve(
      jobOn(network, session, channelId, { n: from + BigInt(i), ceiling, maxFee: fee }),
    )
    await ledger.settle(job, { ...ending(fee), status: fee === 0n ? 2 : 0 })
  }
}

test('behavior: claims pay provider, model and protocol, and the batch can be read back by its CID', async () => {
  await withBook(async (ledger, batches) => {
    const before = await network.chain.credit(provider.address)
    const [one, two] = [await openChannel(ledger), await openChannel(ledger)]
    await work(ledger, one, [100_000n, 0n, 50_001n])
    await work(ledger, two, [7n])
    const [result, ...none] = await batches.claim()
    expect(none).toEqual([])
    expect(result?.rows.map(({ paid, delta }) => [paid, delta]).sort()).toEqual(
      [
        [true, 150_001n],
        [true, 7n],
      ].sort(),
    )
    // 150001 − ⌊2.5 %⌋ − ⌊20 %⌋ and 7 − 0 − 1
    expect((await network.chain.credit(provider.address)) - before).toBe(150_001n - 3_750n - 30_000n + 6n)
    const blob = Batch.parse(await fromStore(store).get(result!.cid))
    expect(Batch.root(blob)).toBe(result!.root)
    expect(blob.entries.map(({ fee, status }) => [fee, status]).sort()).toEqual(
      [
        [0n, 2],
        [100_000n, 0],
        [50_001n, 0],
        [7n, 0],
      ].sort(),
    )
    expect(await ledger.channel(one)).toMatchObject({ claimed: 150_001n, spent: 150_001n })
    expect(await batches.claim()).toEqual([])
  })
})

test('behavior: a claim is due by sum, by count and by age', async () => {
  await withBook(
    async (ledger, batches) => {
      const channelId = await openChannel(ledger)
      expect(await batches.due()).toBe(false)
      await work(ledger, channelId, [900n])
      expect(await batches.due()).toBe(true)
      await batches.claim()
      expect(await batches.due()).toBe(false)
    },
    { thresholds: { sumMicroUsdc: 900n } },
  )
  await withBook(
    async (ledger, batches) => {
      const channelId = await openChannel(ledger)
      await work(ledger, channelId, [1n, 1n])
      expect(await batches.due()).toBe(true)
      await batches.claim()
    },
    { thresholds: { receipts: 2 } },
  )
  await withBook(
    async (ledger, batches) => {
      const channelId = await openChannel(ledger)
      await work(ledger, channelId, [1n])
      expect(await batches.due()).toBe(true)
      await batches.claim()
    },
    { thresholds: { ageMs: 1000 }, now: () => 1_800_000_003_000 },
  )
})

test('behavior: many receipts and channels are cut into batches that fit', async () => {
  await withBook(
    async (ledger, batches) => {
      const channels = [await openChannel(ledger), await openChannel(ledger), await openChannel(ledger)]
      await work(ledger, channels[0]!, [1n, 0n, 0n, 0n, 0n, 2n, 3n])
      await work(ledger, channels[1]!, [5n])
      await work(ledger, channels[2]!, [6n])
      const results = await batches.claim()
      expect(results.flatMap(({ rows }) => rows).reduce((sum, { delta }) => sum + delta, 0n)).toBe(17n)
      expect(results.length).toBeGreaterThan(2)
      for (const channelId of channels) {
        const { spent } = (await ledger.channel(channelId))!
        expect((await network.chain.channel(channelId)).claimed).toBe(spent)
      }
    },
    { limits: { maxRows: 2, maxEntries: 3 } },
  )
})

test('behavior: releasing claims what is due and gives the rest back', async () => {
  await withBook(async (ledger, batches) => {
    const channelId = await openChannel(ledger, 500_000n)
    await work(ledger, channelId, [120_000n])
    const free = await network.chain.free(session.payer.address)
    expect(await batches.release(channelId)).toMatchObject({ spent: 120_000n, released: 380_000n })
    expect((await network.chain.free(session.payer.address)) - free).toBe(380_000n)
    expect((await network.chain.channel(channelId)).status).toBe('closed')
    expect(await ledger.channel(channelId)).toMatchObject({ state: 'closed' })
    await expect(batches.release(channelId)).rejects.toMatchObject({ code: 'channel_closed' })
  })
})

test('behavior: a channel without a fee is released without a claim', async () => {
  await withBook(async (ledger, batches) => {
    const channelId = await openChannel(ledger, 500_000n)
    expect(await batches.release(channelId)).toMatchObject({ spent: 0n, released: 500_000n })
  })
})

test('behavior: a row the chain refuses leaves the others paid, is tried again, and not for ever', async () => {
  await withBook(async (ledger, batches) => {
    const [good, bad] = [await openChannel(ledger), await openChannel(ledger)]
    await work(ledger, good, [11n])
    await work(ledger, bad, [13n])
    await database.pool.query('update ledger.channels set voucher_signature = $2 where channel_id = $1', [
      bad,
      provider.sign(hex32(1)),
    ])
    const results = await batches.claim()
    const outcomes = results.flatMap(({ rows }) => rows.map(({ channelId, paid, reason }) => [channelId, paid, reason]))
    expect(outcomes).toContainEqual([good, true, null])
    expect(outcomes).toContainEqual([bad, false, 'BadSignature'])
    for (let i = 0; i < 3; i += 1) await batches.claim()
    expect(await batches.claim()).toEqual([])
  })
})

test('behavior: a claim that a reorganisation took away is made again', async () => {
  let time = Date.now()
  await withBook(
    async (ledger, batches) => {
      const channelId = await openChannel(ledger)
      await work(ledger, channelId, [31n])
      const { client } = network.chain
      const snapshot = await client.request({ method: 'evm_snapshot' as never })
      await batches.claim()
      expect(await ledger.channel(channelId)).toMatchObject({ claimed: 31n })
      await client.request({ method: 'evm_revert', params: [snapshot] } as never)
      expect(await batches.findLostClaims()).toEqual([])
      time += 20_000
      expect(await batches.findLostClaims()).toContain(channelId)
      await batches.claim()
      expect(await network.chain.channel(channelId)).toMatchObject({ claimed: 31n, seq: 1n })
      expect(await batches.findLostClaims()).toEqual([])
    },
    { now: () => time },
  )
})

test('behavior: 150 rows with a model each stay below the gas a transaction may use', async () => {
  const gas: bigint[] = []
  await withBook(async (ledger, batches) => {
    for (const count of [1, 9]) {
      const channels: Hex[] = []
      for (let i = 0; i < count; i += 1) {
        const model = await mintModel(network, `dehug/gas-${count}-${i}`)
        channels.push(await openChannel(ledger, 1_000n, model))
      }
      for (const channelId of channels) await work(ledger, channelId, [1_000n])
      const [result] = await batches.claim()
      expect(result?.rows.length).toBe(count)
      gas.push(result?.gasUsed as bigint)
    }
  })
  const [one, nine] = gas as [bigint, bigint]
  const perRow = (nine - one) / 8n
  expect(one + 149n * perRow).toBeLessThan(2n ** 24n)
})
