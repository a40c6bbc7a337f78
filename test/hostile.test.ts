import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { createServer, request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DevKeys } from '../src/chain/index.ts'
import { Receipt, RepoId, Version } from '../src/core/index.ts'
import * as Hostile from '../src/engine/testing/hostile-models.ts'
import { familyOf, isAlive } from '../src/engine/testing/processes.ts'
import { Client, PortableSigner } from '../src/sdk/index.ts'
import { DiskStore } from '../src/store/index.ts'
import { startNetwork, type TestNetwork } from './network.ts'

const healthy = 'dehug/dehug-embed'
const jobSeconds = 3

let network: TestNetwork
let folder: string
let provider: Provider
const roots = new Map<string, string>()
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dehug-hostile-'))
  network = await startNetwork({ workers: 0, models: ['dehug-embed'] })
  const weights = await readFile(join(Hostile.fixtureDir('dehug-embed'), 'onnx/model.onnx'))
  const broken: Record<string, Record<string, Uint8Array | string>> = {
    endless: { 'onnx/model.onnx': Hostile.endlessLoop() },
    greedy: { 'onnx/model.onnx': Hostile.claims64GiB() },
    boasting: { 'onnx/model.onnx': Hostile.lyingInitializer() },
    truncated: { 'onnx/model.onnx': weights.subarray(0, weights.length / 2) },
    babbling: { 'tokenizer.json': '{"model":' },
  }
  const starting = startProvider([healthy, ...Object.keys(broken).map((name) => `carol/${name}`)])
  const pushing = Object.entries(broken).map(async ([name, files]) => {
    const source = await Hostile.modelWith('dehug-embed', files)
    const { root } = await network.client('carol').push({ folder: source, repo: RepoId.parse(`carol/${name}`) })
    roots.set(name, root)
  })
  await Promise.all([starting.then((started) => (provider = started)), ...pushing])
  await network.served(healthy)
})
afterAll(async () => {
  await provider?.stop()
  await network?.stop()
  await Hostile.removeModels()
  if (folder) await rm(folder, { recursive: true, force: true })
})

type Provider = { process: ChildProcess; url: string; modelsDir: string; log: () => string; stop(): Promise<void> }

/** `dehug worker` as somebody runs it on a machine of their own: with an own store, and jobs of a few seconds. */
async function startProvider(models: string[]): Promise<Provider> {
  const modelsDir = join(folder, 'models')
  const settings = {
    modelsDir,
    jobSeconds,
    sources: [network.hub],
    models: models.map((model) => ({ model, prices: { in: '2', call: '0.01' } })),
  }
  const child = spawn(process.execPath, [resolve('bin/dehug.mjs'), 'worker', '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      DATABASE_URL: network.databaseUrl,
      DEHUG_RPC_URL: network.rpcUrl,
      DEHUG_DEPLOYMENT: join(network.home, 'chain/deployment.json'),
      DEHUG_PROVIDER_KEY: DevKeys.get('node-2', DevKeys.devChainId).privateKey,
      DEHUG_STORE: join(folder, 'store'),
      DEHUG_WORKER: JSON.stringify(settings),
    },
  })
  let log = ''
  child.stderr.on('data', (chunk) => {
    log += chunk
  })
  const line = await new Promise<string>((done, fail) => {
    child.stdout.on('data', (chunk: Buffer) => {
      const text = String(chunk)
      const found = text.split('\n').find((one) => one.includes('"url"') && one.includes('"role"'))
      if (found) done(found)
      log += text
    })
    child.once('exit', (code) => fail(new Error(`The worker ended with ${code}:\n${log}`)))
  })
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  return { process: child, url: JSON.parse(line).url, modelsDir, log: () => log, stop }
}

const embed = async (model: string, input = 'What is DeHug?') => {
  const answer = await fetch(`${network.gateway}/v1/embeddings`, {
    method: 'POST',
    headers: { authorization: `Bearer ${network.account('alice').apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, input }),
  })
  return { status: answer.status, headers: answer.headers, body: await answer.json() }
}

/** All that alice's key may still spend: what is free, and what is locked in channels and not spent. */
const wealth = async () => {
  const { free, locked } = await network.client('alice').balance()
  return free + locked
}

const kib = (bytes: number) => bytes * 1024

describe('models', () => {
  test.for([
    ['endless', 503, 'provider_failed', expect.stringMatching(/^(engine_timeout|job_late)$/)],
    ['greedy', 503, 'provider_failed', 'engine_out_of_memory'],
    ['boasting', 422, 'model_refused', undefined],
    ['truncated', 422, 'model_refused', undefined],
    ['babbling', 422, 'model_refused', undefined],
  ] as const)(
    'error: "%s" fails with a reason, costs nothing, and its neighbour goes on',
    async ([name, status, code, reason]) => {
      const model = `carol/${name}`
      await network.served(model)
      const before = await wealth()
      const failing = embed(model)
      const beside = await embed(healthy, `beside ${name}`)
      expect(beside.status).toBe(200)
      const failed = await failing
      const error = failed.body.error
      expect([name, failed.status, error.code, error.dehug.details?.reason]).toEqual([name, status, code, reason])
      const after = await embed(healthy, `after ${name}`)
      const fees = [beside, after].map(({ headers }) => BigInt(headers.get('x-dehug-fee') ?? 0))
      expect(before - (await wealth())).toBe(fees[0]! + fees[1]!)
      const receipts = await network.client('alice').receipts()
      const jobId = error.dehug.details?.jobId
      if (status === 503) {
        const { receipt } = receipts.find((one) => one.jobId === jobId) ?? {}
        expect([receipt?.fee, receipt && Receipt.mayCharge(receipt.status)]).toEqual([0n, false])
      }
    },
  )

  test('behavior: no engine of theirs is left, and none at all when the worker has stopped', async () => {
    const pid = provider.process.pid as number
    const family = familyOf(pid)
    const commands = await Promise.all(family.map((one) => readFile(`/proc/${one}/cmdline`, 'utf8')))
    for (const name of ['endless', 'boasting', 'truncated', 'babbling']) {
      expect(commands.filter((command) => command.includes((roots.get(name) as string).slice(2)))).toEqual([])
    }
    await provider.stop()
    await expect.poll(() => family.filter(isAlive), { timeout: 10_000 }).toEqual([])
  })
})

/** The embedding, as soon as the gateway has found the worker at its new address. */
const answered = () =>
  expect
    .poll(async () => (await embed(healthy)).body.data?.[0].embedding, { timeout: 30_000, interval: 200 })
    .toHaveLength(64)
    .then(async () => (await embed(healthy)).body.data)

/** Changes one byte in the middle of a file where it lies, so that all links to it show the change. */
async function flip(path: string): Promise<void> {
  const { size, mode } = await stat(path)
  await chmod(path, 0o644)
  const file = await open(path, 'r+')
  try {
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size >> 1)
    await file.write(Buffer.of(buffer[0]! ^ 1), 0, 1, size >> 1)
  } finally {
    await file.close()
    await chmod(path, mode)
  }
}

const manifestOf = async (model: string): Promise<{ cid: string; root: string }> =>
  (await fetch(`${network.hub}/api/dehug/manifest/model/${model}/head`)).json()

const sha256 = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex')

test('error: a byte that changed in the store is noticed before the model is loaded, and fetched again', async () => {
  await provider?.stop()
  provider = await startProvider([healthy])
  const before = await answered()
  const { cid, root } = await manifestOf(healthy)
  const weights = join(provider.modelsDir, root.slice(2), 'onnx/model.onnx')
  const original = await sha256(weights)
  await provider.stop()
  // The worker's store and its models are one file on the disk.
  expect((await stat(weights)).nlink).toBeGreaterThan(1)
  await using store = await DiskStore.open({ dir: join(folder, 'store') })
  for (const path of [weights, await store.path(cid)]) await flip(path)
  provider = await startProvider([healthy])
  expect(await answered()).toEqual(before)
  expect(await sha256(weights)).toBe(original)
})

/** A hub that passes everything on unchanged, but for one byte of whatever is read by CID. */
async function startLiar(): Promise<{ url: string; lies: () => number; server: Server }> {
  let lies = 0
  const server = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url ?? '/', network.hub)
    const passed = httpRequest(
      url,
      { method: incoming.method, headers: { ...incoming.headers, host: url.host } },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('end', () => {
          let body = Buffer.concat(chunks)
          if (url.pathname.startsWith('/ipfs/') && body.length > 0) {
            lies += 1
            body[body.length >> 1]! ^= 1
          }
          if (url.pathname === '/api/dehug/network') {
            const facts = JSON.parse(body.toString())
            body = Buffer.from(JSON.stringify({ ...facts, ipfs: [liarUrl()] }))
          }
          outgoing.writeHead(answer.statusCode ?? 502, {
            ...answer.headers,
            ...(incoming.method === 'HEAD' ? {} : { 'content-length': String(body.length) }),
          })
          outgoing.end(body)
        })
      },
    )
    incoming.pipe(passed)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const liarUrl = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url: liarUrl(), lies: () => lies, server }
}

describe('sources of a pull', () => {
  let liar: Awaited<ReturnType<typeof startLiar>>
  beforeAll(async () => {
    liar = await startLiar()
  })
  afterAll(() => liar.server.close())

  const version = Version.parse(healthy)

  test('error: one of several lies: the files are right all the same, and the liar is named', async () => {
    const to = join(folder, 'beside-a-liar')
    const pulled = await network.client('bob').pull({ version, folder: to, sources: [liar.url] })
    expect(liar.lies()).toBeGreaterThan(0)
    expect(pulled.liars).toEqual([liar.url])
    expect(await network.client('bob').verify({ folder: to })).toMatchObject({ anchored: true, extra: [] })
  })

  test('error: all of them lie: nothing is there afterwards, and the exit code is 3', async () => {
    const to = join(folder, 'only-liars')
    const signer = PortableSigner.from(DevKeys.get('bob', DevKeys.devChainId).privateKey)
    const client = Client.from({ endpoint: liar.url, rpcUrl: network.rpcUrl, signer })
    await expect(client.pull({ version, folder: to })).rejects.toMatchObject({
      code: 'sources_exhausted',
      exitCode: 3,
      message: expect.stringContaining(`${liar.url} sent wrong bytes`),
    })
    expect(existsSync(to)).toBe(false)
    // The same folder is made right from an honest source.
    await network.client('bob').pull({ version, folder: to })
    expect(await network.client('bob').verify({ folder: to })).toMatchObject({ anchored: true, extra: [] })
  })
})

describe('full disks', () => {
  const disk = join(tmpdir(), `dehug-small-disk-${process.pid}`)
  let mounted = false
  beforeAll(async () => {
    await mkdir(disk)
    mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kib(512)}`, 'tmpfs', disk]).status === 0
  })
  afterAll(async () => {
    if (mounted) spawnSync('umount', [disk])
    await rm(disk, { recursive: true, force: true })
  })

  test('error: a pull that does not fit says so and leaves no folder; with room it succeeds', async (context) => {
    if (!mounted) return context.skip('only root mounts a small disk')
    const to = join(disk, 'model')
    const pull = () => network.client('bob').pull({ version: Version.parse(healthy), folder: to })
    await expect(pull()).rejects.toMatchObject({ code: 'store_full', exitCode: 1 })
    expect(existsSync(to)).toBe(false)
    spawnSync('mount', ['-o', `remount,size=${kib(8192)}`, disk])
    expect(await pull()).toMatchObject({ folder: to })
    expect(await network.client('bob').verify({ folder: to })).toMatchObject({ anchored: true, extra: [] })
    expect(await readdir(disk)).toEqual(['model'])
  })
})
