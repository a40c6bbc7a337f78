import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DevKeys } from '../chain/index.ts'
import { Receipt } from '../core/index.ts'
import { audit, NativeSigner } from '../settle/index.ts'
import { lockChannel, openSession, signerOf, type TestNetwork, testNetwork } from '../settle/test-network.ts'
import { hex32, testDatabase } from '../settle/testing.ts'
import {
  events,
  jobBody,
  type Lane,
  offerOf,
  post,
  publishFixture,
  run,
  type TestSource,
  testSource,
} from './test-worker.ts'

let database: Awaited<ReturnType<typeof testDatabase>>
let network: TestNetwork
let source: TestSource
let dir: string
let child: ChildProcess

beforeAll(async () => {
  ;[database, network, source] = await Promise.all([testDatabase(), testNetwork(), testSource()])
  dir = await mkdtemp(join(tmpdir(), 'dehug-restart-'))
  await publishFixture(network, source, 'dehug-tiny-chat', 'dehug/tiny-chat')
})
afterAll(async () => {
  child?.kill('SIGKILL')
  await source?.stop()
  await network?.stop()
  await database?.stop()
  await rm(dir, { recursive: true, force: true })
})

const startChild = async (): Promise<string> => {
  const config = {
    databaseUrl: database.url,
    rpcUrl: network.dev.rpcUrl,
    deployment: join(network.home, 'deployment.json'),
    providerKey: DevKeys.get('node-1', 31337).privateKey,
    storeDir: join(dir, 'store'),
    modelsDir: join(dir, 'models'),
    sources: [source.url],
    models: [{ model: 'dehug/tiny-chat', prices: { in: '1', out: '2' } }],
    claim: { sum: '0.000001' },
    logLevel: 'silent',
  }
  const script = join(import.meta.dirname, 'test-real-worker.ts')
  child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(config)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return String((await once(child.stdout as NodeJS.ReadableStream, 'data'))[0]).trim()
}

test('behavior: kill -9 in the middle of an answer costs the payer nothing; what was receipted is claimed once', async () => {
  const session = await openSession(network, { key: NativeSigner.from(hex32(0xdead)) })
  let url = await startChild()
  const offer = await offerOf(url, 'model:dehug/tiny-chat')
  const { modelId } = offer.offer
  const channelId = await lockChannel(network, session, { provider: signerOf('node-1').address, modelId, lane: 1 })
  const lane: Lane = { channelId, session, n: 0n, ceiling: 0n }
  const request = { task: 'text-generation', messages: [{ role: 'user', content: 'What is DeHug?' }], maxTokens: 12 }
  const paid = await run(url, jobBody(network, lane, offer, { request, key: 'paid' }))
  const long = { ...request, maxTokens: 400 }
  const cut = jobBody(network, lane, offer, { request: long, key: 'cut', stream: true, maxOut: 400n })
  const response = await post(`${url}/jobs`, cut)
  const killed = once(child, 'exit')
  // Killed before the loop is left: leaving it hangs up, and the worker would book what was written.
  for await (const { event } of events(response)) if (event === 'delta' && child.kill('SIGKILL')) break
  await killed

  url = await startChild()
  // The same offer as before the restart, so that a gateway's copy stays good.
  expect(await offerOf(url, 'model:dehug/tiny-chat')).toEqual(offer)
  const found = await (await fetch(`${url}/jobs/${cut.jobId}`)).json()
  expect(found).toMatchObject({ failure: 'provider_restarted', receipt: { fee: '0', status: Receipt.Status.failed } })
  const kept = await run(url, { ...jobBody(network, { ...lane, n: 0n, ceiling: 0n }, offer, { request, key: 'paid' }) })
  expect(kept).toEqual(paid)
  const more = await run(url, jobBody(network, lane, offer, { request, key: 'more' }))
  expect(more.receipt.spent).toBe(paid.receipt.fee + more.receipt.fee)
  for (;;) if ((await network.chain.channel(channelId)).claimed === more.receipt.spent) break
  expect(await audit({ chain: network.chain, sources: [url] })).toMatchObject({ ok: true, differences: [] })
})
