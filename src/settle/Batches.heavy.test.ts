import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DevKeys } from '../chain/index.ts'
import { type TestProvider, testProvider } from './test-provider.ts'

let node: TestProvider

beforeAll(async () => {
  node = await testProvider()
})
afterAll(async () => {
  await node?.stop()
})

const claimer = (killAt: string | undefined, more: object = {}) =>
  new Promise<{ code: number | null; signal: string | null; errors: string }>((done) => {
    const given = {
      killAt,
      databaseUrl: node.database.url,
      rpcUrl: node.network.dev.rpcUrl,
      deployment: node.network.deployment,
      // Its own gas key: two processes with one key would race for nonces.
      gasKey: DevKeys.get('auditor', 31337).privateKey,
      providerKey: DevKeys.get('node-1', 31337).privateKey,
      storeDir: join(node.network.home, 'store'),
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
    const { channelId, before } = await node.withBook(async (ledger) => {
      const opened = await node.openChannel(ledger)
      await node.work(ledger, opened, [40_000n, 0n, 2_000n])
      return { channelId: opened, before: await node.network.chain.credit(node.provider.address) }
    })
    expect(await claimer(killAt)).toMatchObject({ signal: 'SIGKILL' })
    expect(await claimer(undefined)).toMatchObject({ code: 0, errors: '' })
    expect(await node.network.chain.channel(channelId)).toMatchObject({ claimed: 42_000n, seq: 3n })
    expect((await node.network.chain.credit(node.provider.address)) - before).toBe(42_000n - 1_050n - 8_400n)
    await node.withBook(async (ledger, batches) => {
      expect(await ledger.channel(channelId)).toMatchObject({ claimed: 42_000n, spent: 42_000n })
      expect(await batches.claim()).toEqual([])
    })
    const { rows } = await node.database.pool.query('select paid from ledger.batch_rows where channel_id = $1', [
      channelId,
    ])
    expect(rows).toEqual([{ paid: true }])
  },
)

test.each(['sending', 'sent'])(
  'behavior: kill -9 when a release is %s closes the channel exactly once',
  async (killAt) => {
    const channelId = await node.withBook(async (ledger) => {
      const opened = await node.openChannel(ledger)
      await node.work(ledger, opened, [40_000n])
      return opened
    })
    expect(await claimer(killAt, { release: channelId })).toMatchObject({ signal: 'SIGKILL' })
    expect(await claimer(undefined)).toMatchObject({ code: 0, errors: '' })
    expect(await node.network.chain.channel(channelId)).toMatchObject({ status: 'closed', claimed: 40_000n })
  },
)
