import { afterAll, beforeAll, expect, test } from 'vitest'
import { Batch, Bytes, Cid, type Hex } from '../core/index.ts'
import { fromStore } from './DataAvailability.ts'
import { mintModel } from './test-network.ts'
import { type TestProvider, testProvider } from './test-provider.ts'
import { hex32 } from './testing.ts'

let node: TestProvider

beforeAll(async () => {
  node = await testProvider()
})
afterAll(async () => {
  await node?.stop()
})

test('behavior: claims pay provider, model and protocol, and the batch can be read back by its CID', async () => {
  await node.withBook(async (ledger, batches) => {
    const before = await node.network.chain.credit(node.provider.address)
    const [one, two] = [await node.openChannel(ledger), await node.openChannel(ledger)]
    await node.work(ledger, one, [100_000n, 0n, 50_001n])
    await node.work(ledger, two, [7n])
    const [result, ...none] = await batches.claim()
    expect(none).toEqual([])
    expect(result?.rows.map(({ paid, delta }) => [paid, delta]).sort()).toEqual(
      [
        [true, 150_001n],
        [true, 7n],
      ].sort(),
    )
    // 150001 − ⌊2.5 %⌋ − ⌊20 %⌋ and 7 − 0 − 1
    expect((await node.network.chain.credit(node.provider.address)) - before).toBe(150_001n - 3_750n - 30_000n + 6n)
    const blob = Batch.parse(await fromStore(node.store).get(result!.cid))
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
  await node.withBook(
    async (ledger, batches) => {
      const channelId = await node.openChannel(ledger)
      expect(await batches.due()).toBe(false)
      await node.work(ledger, channelId, [900n])
      expect(await batches.due()).toBe(true)
      await batches.claim()
      expect(await batches.due()).toBe(false)
    },
    { thresholds: { sumMicroUsdc: 900n } },
  )
  await node.withBook(
    async (ledger, batches) => {
      const channelId = await node.openChannel(ledger)
      await node.work(ledger, channelId, [1n, 1n])
      expect(await batches.due()).toBe(true)
      await batches.claim()
    },
    { thresholds: { receipts: 2 } },
  )
  await node.withBook(
    async (ledger, batches) => {
      const channelId = await node.openChannel(ledger)
      await node.work(ledger, channelId, [1n])
      expect(await batches.due()).toBe(true)
      await batches.claim()
    },
    { thresholds: { ageMs: 1000 }, now: () => 1_800_000_003_000 },
  )
})

test('behavior: many receipts and channels are cut into batches that fit', async () => {
  await node.withBook(
    async (ledger, batches) => {
      const channels = [await node.openChannel(ledger), await node.openChannel(ledger), await node.openChannel(ledger)]
      await node.work(ledger, channels[0]!, [1n, 0n, 0n, 0n, 0n, 2n, 3n])
      await node.work(ledger, channels[1]!, [5n])
      await node.work(ledger, channels[2]!, [6n])
      const results = await batches.claim()
      expect(results.flatMap(({ rows }) => rows).reduce((sum, { delta }) => sum + delta, 0n)).toBe(17n)
      expect(results.length).toBeGreaterThan(2)
      for (const channelId of channels) {
        const { spent } = (await ledger.channel(channelId))!
        expect((await node.network.chain.channel(channelId)).claimed).toBe(spent)
      }
    },
    { limits: { maxRows: 2, maxEntries: 3 } },
  )
})

test('behavior: releasing claims what is due and gives the rest back', async () => {
  await node.withBook(async (ledger, batches) => {
    const channelId = await node.openChannel(ledger, 500_000n)
    await node.work(ledger, channelId, [120_000n])
    const free = await node.network.chain.free(node.session.payer.address)
    expect(await batches.release(channelId)).toMatchObject({ spent: 120_000n, released: 380_000n })
    expect((await node.network.chain.free(node.session.payer.address)) - free).toBe(380_000n)
    expect((await node.network.chain.channel(channelId)).status).toBe('closed')
    expect(await ledger.channel(channelId)).toMatchObject({ state: 'closed' })
    await expect(batches.release(channelId)).rejects.toMatchObject({ code: 'channel_closed' })
  })
})

test('behavior: a channel without a fee is released without a claim', async () => {
  await node.withBook(async (ledger, batches) => {
    const channelId = await node.openChannel(ledger, 500_000n)
    expect(await batches.release(channelId)).toMatchObject({ spent: 0n, released: 500_000n })
  })
})

test('behavior: a row the chain refuses leaves the others paid, is tried again, and not for ever', async () => {
  await node.withBook(async (ledger, batches) => {
    const [good, bad] = [await node.openChannel(ledger), await node.openChannel(ledger)]
    await node.work(ledger, good, [11n])
    await node.work(ledger, bad, [13n])
    await node.database.pool.query('update ledger.channels set voucher_signature = $2 where channel_id = $1', [
      bad,
      node.provider.sign(hex32(1)),
    ])
    const results = await batches.claim()
    const outcomes = results.flatMap(({ rows }) => rows.map(({ channelId, paid, reason }) => [channelId, paid, reason]))
    expect(outcomes).toContainEqual([good, true, null])
    expect(outcomes).toContainEqual([bad, false, 'BadSignature'])
    for (let i = 0; i < 3; i += 1) await batches.claim()
    expect(await batches.claim()).toEqual([])
  })
})

test('behavior: a release of more receipts than one batch takes closes with the last of them', async () => {
  await node.withBook(
    async (ledger, batches) => {
      const [fees, free] = [await node.openChannel(ledger, 500n), await node.openChannel(ledger, 500n)]
      await node.work(ledger, fees, [5n, 6n, 7n, 8n, 9n])
      await node.work(ledger, free, [5n, 0n, 0n, 0n])
      expect(await batches.release(fees)).toMatchObject({ spent: 35n, released: 465n })
      expect(await batches.release(free)).toMatchObject({ spent: 5n, released: 495n })
      for (const channelId of [fees, free]) {
        const { spent } = (await ledger.channel(channelId))!
        expect(await node.network.chain.channel(channelId)).toMatchObject({ status: 'closed', claimed: spent })
      }
    },
    { limits: { maxEntries: 2 } },
  )
})

test('error: a release that the chain refuses says so and holds up no other claim', async () => {
  await node.withBook(async (ledger, batches) => {
    const [good, bad] = [await node.openChannel(ledger), await node.openChannel(ledger)]
    await node.work(ledger, good, [11n])
    await node.work(ledger, bad, [13n])
    const forged = 'update ledger.channels set voucher_signature = $2 where channel_id = $1'
    await node.database.pool.query(forged, [bad, node.provider.sign(hex32(1))])
    await expect(batches.release(bad)).rejects.toMatchObject({ code: 'release_refused' })
    expect((await node.network.chain.channel(bad)).status).toBe('open')
    await batches.claim([good])
    expect((await node.network.chain.channel(good)).claimed).toBe(11n)
  })
})

test('error: a claim that cannot be sent now is tried again, and the others are paid meanwhile', async () => {
  const da = fromStore(node.store)
  let broken = true
  const failing = {
    ...da,
    put: async (root: Hex, blob: string) => {
      if (!broken) return da.put(root, blob)
      broken = false
      throw new Error('The disk is full.')
    },
  }
  await node.withBook(
    async (ledger, batches) => {
      const channels = [await node.openChannel(ledger), await node.openChannel(ledger)]
      for (const channelId of channels) await node.work(ledger, channelId, [17n])
      const claimed = async () => {
        const found = await Promise.all(channels.map((channelId) => node.network.chain.channel(channelId)))
        return found.reduce((sum, channel) => sum + channel.claimed, 0n)
      }
      await expect(batches.claim(channels)).rejects.toMatchObject({
        code: 'claims_unfinished',
        message: '1 of 2 claims could not be carried out: The disk is full.',
      })
      expect(await claimed()).toBe(17n)
      expect(await batches.resume()).toMatchObject([{ rows: [{ paid: true }] }])
      expect(await claimed()).toBe(34n)
    },
    { da: failing, limits: { maxRows: 1 } },
  )
})

test('behavior: a channel that does not pay for its gas is neither claimed nor released', async () => {
  await node.withBook(
    async (ledger, batches) => {
      const channelId = await node.openChannel(ledger)
      await node.work(ledger, channelId, [999n])
      expect(await batches.due()).toBe(false)
      expect(await batches.claim([channelId])).toEqual([])
      await expect(batches.release(channelId)).rejects.toMatchObject({
        code: 'not_worth_gas',
        details: { spentMicroUsdc: 999n, minimumMicroUsdc: 1_000n },
      })
      expect(await ledger.channel(channelId)).toMatchObject({ state: 'open' })
      await node.work(ledger, channelId, [1n], 2n)
      expect(await batches.due()).toBe(true)
      expect(await batches.release(channelId)).toMatchObject({ spent: 1_000n })
    },
    { minimumMicroUsdc: 1_000n, thresholds: { receipts: 1 } },
  )
})

test('behavior: whoever sends our rows first with another CID cannot hide the batch', async () => {
  const honest = node.chainOf()
  const elsewhere = Cid.toString(Cid.ofRaw(Bytes.fromHex(hex32(3))))
  const chain = {
    ...honest,
    claim: async (...[rows, cid]: Parameters<typeof honest.claim>) => {
      await honest.claim(rows, elsewhere)
      return honest.claim(rows, cid)
    },
  }
  await node.withBook(
    async (ledger, batches) => {
      const channelId = await node.openChannel(ledger)
      await node.work(ledger, channelId, [19n])
      const [result] = await batches.claim([channelId])
      expect(result?.rows).toMatchObject([{ paid: true }])
      const cids: string[] = []
      for await (const posts of node.network.chain.events({ contracts: ['UsageController'], names: ['BatchPosted'] })) {
        for (const { args } of posts) {
          if (args.batchRoot === result!.root) cids.push(Cid.toString(Cid.fromBytes(Bytes.fromHex(args.batchCid))))
        }
      }
      expect(cids).toEqual([elsewhere, result!.cid])
    },
    { chain },
  )
})

test('behavior: a claim that a reorganisation took away is made again', async () => {
  let time = Date.now()
  await node.withBook(
    async (ledger, batches) => {
      const channelId = await node.openChannel(ledger)
      await node.work(ledger, channelId, [31n])
      const { client } = node.network.chain
      const snapshot = await client.request({ method: 'evm_snapshot' as never })
      await batches.claim()
      expect(await ledger.channel(channelId)).toMatchObject({ claimed: 31n })
      await client.request({ method: 'evm_revert', params: [snapshot] } as never)
      expect(await batches.findLostClaims()).toEqual([])
      time += 20_000
      expect(await batches.findLostClaims()).toContain(channelId)
      await batches.claim()
      expect(await node.network.chain.channel(channelId)).toMatchObject({ claimed: 31n, seq: 1n })
      expect(await batches.findLostClaims()).toEqual([])
    },
    { now: () => time },
  )
})

test('behavior: 150 rows with a model each stay below the gas a transaction may use', async () => {
  const gas: bigint[] = []
  await node.withBook(async (ledger, batches) => {
    for (const count of [1, 9]) {
      const channels: Hex[] = []
      for (let i = 0; i < count; i += 1) {
        const model = await mintModel(node.network, `dehug/gas-${count}-${i}`)
        channels.push(await node.openChannel(ledger, 1_000n, model))
      }
      for (const channelId of channels) await node.work(ledger, channelId, [1_000n])
      const [result] = await batches.claim()
      expect(result?.rows.length).toBe(count)
      gas.push(result?.gasUsed as bigint)
    }
  })
  const [one, nine] = gas as [bigint, bigint]
  const perRow = (nine - one) / 8n
  expect(one + 149n * perRow).toBeLessThan(2n ** 24n)
})
