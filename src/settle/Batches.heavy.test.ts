import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DevKeys } from '../chain/index.ts'
import type { Hex } from '../core/index.ts'
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
const openChannel = async (ledger: Ledger.Ledger, add = 1_000_000n): Promise<Hex> => {
  lane += 1
  const channelId = await lockChannel(network, session, { provider: provider.address, modelId, lane, add })
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

const claimer = (killAt: string | undefined, more: object = {}) =>
  new Promise<{ code: number | null; signal: string | null; errors: string }>((done) => {
    const given = {
      killAt,
      databaseUrl: database.url,
      rpcUrl: network.dev.rpcUrl,
      deployment: network.deployment,
      // Its own gas key: two processes with one key would race for nonces.
      gasKey: DevKeys.get('auditor', 31337).privateKey,
      providerKey: DevKeys.get('node-1', 31337).privateKey,
      storeDir: join(network.home, 'store'),
      ...more,
    }
    const script = join(import.meta.dirname, 'test-claimer.ts')
    const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(given)], {
      stdio: ['ignore', 'inherit', 'pipe'],
    })
    let errors = ''
    child.stderr.on('data', (chunk) => {
      errors += chunk
    })
    child.once('exit', (code, signal) => done({ code, signal, errors }))
  })

test.each(['planned', 'stored', 'sending', 'pooled', 'sent', 'mined'])(
  'behavior: kill -9 when a claim is %s pays each receipt exactly once',
  async (killAt) => {
    const { channelId, before } = await withBook(async (ledger) => {
      const opened = await openChannel(ledger)
      await work(ledger, opened, [40_000n, 0n, 2_000n])
      return { channelId: opened, before: await network.chain.credit(provider.address) }
    })
    expect(await claimer(killAt)).toMatchObject({ signal: 'SIGKILL' })
    expect(await claimer(undefined)).toMatchObject({ code: 0, errors: '' })
    expect(await network.chain.channel(channelId)).toMatchObject({ claimed: 42_000n, seq: 3n })
    expect((await network.chain.credit(provider.address)) - before).toBe(42_000n - 1_050n - 8_400n)
    await withBook(async (ledger, batches) => {
      expect(await ledger.channel(channelId)).toMatchObject({ claimed: 42_000n, spent: 42_000n })
      expect(await batches.claim()).toEqual([])
    })
    const { rows } = await database.pool.query('select paid from ledger.batch_rows where channel_id = $1', [channelId])
    expect(rows).toEqual([{ paid: true }])
  },
)

test.each(['sending', 'sent'])(
  'behavior: kill -9 when a release is %s closes the channel exactly once',
  async (killAt) => {
    const channelId = await withBook(async (ledger) => {
      const opened = await openChannel(ledger)
      await work(ledger, opened, [40_000n])
      return opened
    })
    expect(await claimer(killAt, { release: channelId })).toMatchObject({ signal: 'SIGKILL' })
    expect(await claimer(undefined)).toMatchObject({ code: 0, errors: '' })
    expect(await network.chain.channel(channelId)).toMatchObject({ status: 'closed', claimed: 40_000n })
  },
)
