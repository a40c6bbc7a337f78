import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { DevKeys } from '../chain/index.ts'
import { NativeSigner } from '../settle/index.ts'
import { lockChannel, openSession, signerOf, testNetwork } from '../settle/test-network.ts'
import { hex32, testDatabase } from '../settle/testing.ts'
import { ProviderWire } from '../wire/index.ts'
import { jobBody, type Lane, offerOf, publishFixture, testSource } from './test-worker.ts'

/** CPU seconds a process has used (proc(5)). */
const cpuOf = async (pid: number): Promise<number> => {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') as string[]
  return (Number(fields[11]) + Number(fields[12])) / 100
}

const warmUp = 4_000
const alone = 100
const crowd = 5_000

/**
 * The whole provider over HTTP with an engine that answers at once: what money and signatures cost a request, once its
 * code is compiled.
 */
export async function bench() {
  const [database, network, source] = await Promise.all([testDatabase(), testNetwork(), testSource()])
  const dir = await mkdtemp(join(tmpdir(), 'dehug-bench-'))
  await publishFixture(network, source, 'dehug-tiny-chat', 'dehug/tiny-chat')
  const config = {
    databaseUrl: database.url,
    rpcUrl: network.dev.rpcUrl,
    deployment: join(network.home, 'deployment.json'),
    providerKey: DevKeys.get('node-1', 31337).privateKey,
    storeDir: join(dir, 'store'),
    modelsDir: join(dir, 'models'),
    sources: [source.url],
    models: [{ model: 'dehug/tiny-chat', prices: { in: '1', out: '2' } }],
    logLevel: 'silent',
  }
  const script = join(import.meta.dirname, 'test-null-worker.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(config)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const url = String((await once(child.stdout, 'data'))[0]).trim()
    const offer = await offerOf(url, 'model:dehug/tiny-chat')
    const session = await openSession(network, { key: NativeSigner.from(hex32(0xbe)) })
    const add = 50_000_000n
    const { modelId } = offer.offer
    const channelId = await lockChannel(network, session, {
      provider: signerOf('node-1').address,
      modelId,
      lane: 1,
      add,
    })
    const lane: Lane = { channelId, session, n: 0n, ceiling: 0n }
    const bodies = Array.from({ length: warmUp + alone + crowd }, (_, i) => {
      const ask = { task: 'text-generation', messages: [{ role: 'user', content: `Question ${i}` }], maxTokens: 8 }
      return ProviderWire.toJson(
        jobBody(network, lane, offer, { request: ask, key: `bench ${i}`, maxIn: 100n, maxOut: 8n }),
      )
    })
    return await measure(url, bodies, child.pid as number)
  } finally {
    child.kill('SIGKILL')
    await source.stop()
    await network.stop()
    await database.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

async function measure(url: string, bodies: string[], pid: number) {
  const dispatcher = new Agent({ connections: 64 })
  const headers = { 'content-type': 'application/json' }
  const run = async (i: number) => {
    const { statusCode, body } = await request(`${url}/jobs`, {
      method: 'POST',
      headers,
      body: bodies[i] as string,
      dispatcher,
    })
    const text = await body.text()
    if (statusCode !== 200) throw new Error(text)
  }
  let next = 0
  const together = async (until: number) => {
    const client = async () => {
      while (next < until) await run(next++)
    }
    await Promise.all(Array.from({ length: 32 }, client))
  }
  await together(warmUp)
  const lone: number[] = []
  while (next < warmUp + alone) {
    const startedAt = performance.now()
    await run(next++)
    lone.push(performance.now() - startedAt)
  }
  const cpuBefore = await cpuOf(pid)
  const startedAt = performance.now()
  await together(bodies.length)
  const seconds = (performance.now() - startedAt) / 1000
  const cpu = (await cpuOf(pid)) - cpuBefore
  await dispatcher.close()
  return [
    {
      what: 'worker CPU a request on a null engine, µs',
      value: Math.round((cpu * 1e6) / crowd),
      goal: 'with the gateway ≤ 500',
    },
    {
      what: 'one request alone, p50 ms',
      value: Number((lone.sort((a, b) => a - b)[alone / 2] as number).toFixed(2)),
      goal: '≤ 3',
    },
    { what: 'requests per second, 32 at once', value: Math.round(crowd / seconds), goal: '' },
  ]
}
