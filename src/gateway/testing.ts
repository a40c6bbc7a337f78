import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import pg from 'pg'
import { startPostgres } from '../catalog/index.ts'
import { Calls, Chain, Deployment, DevChain, DevKeys, deploy, RelayBudget, Relayer, Usdc } from '../chain/index.ts'
import { ApiKey, Bytes, Cid, Domain, type Hex, Manifest, Mint, RepoId, Session } from '../core/index.ts'
import { type Engine, NullEngine } from '../engine/index.ts'
import { NativeSigner } from '../settle/index.ts'
import { DiskStore, type Store } from '../store/index.ts'
import { readConfig, start as startWorker, type WorkerParts } from '../worker/index.ts'
import { parse } from './config.ts'
import { start } from './start.ts'

/** Chain, contracts, Postgres and a store on loopback, for one test file. */
export type TestNetwork = Awaited<ReturnType<typeof startTestNetwork>>

const zeroRoot: Hex = `0x${'00'.repeat(32)}`
const fixtures = join(import.meta.dirname, '../../fixtures')

export async function startTestNetwork(options: { blockTimeSeconds?: number } = {}) {
  const home = await mkdtemp(join(tmpdir(), 'dehug-gateway-'))
  const postgres = await startPostgres({ dir: join(home, 'pg'), port: 0, settings: { max_connections: '200' } })
  const devChain = await DevChain.start({ home, blockTimeSeconds: options.blockTimeSeconds ?? 0.1 })
  const keyOf = (name: DevKeys.DevName) => DevKeys.get(name, 31337)
  const deployment = await deploy({ rpcUrl: devChain.rpcUrl, deployerKey: keyOf('deployer').privateKey })
  const deploymentPath = join(home, 'deployment.json')
  Deployment.save(deployment, deploymentPath)
  const chain = await Chain.connect({ rpcUrl: devChain.rpcUrl, deployment })
  const relayer = await Relayer.start({
    chain,
    key: keyOf('deployer').privateKey,
    budget: RelayBudget.inMemory({ now: Date.now }),
  })
  const store = await DiskStore.open({ dir: join(home, 'store') })
  const closers: (() => PromiseLike<unknown>)[] = []
  const separator = Domain.separator(Domain.usage(31337, deployment.contracts.UsageController))
  const base = { databaseUrl: postgres.url, rpcUrl: devChain.rpcUrl, deployment: deploymentPath }

  return {
    ...{ home, chain, relayer, deployment, separator, postgresUrl: postgres.url, store, keyOf },
    /** Publishes a fixture folder as `dehug/<name>`, signed by the development creator. */
    publish: (name: string, folder = name) =>
      publish({ store, relayer, deployment, creator: keyOf('dehug') }, name, folder),
    /** A worker with the given engine instead of its models' own, waiting until it offers them. */
    worker: async (
      models: object[],
      engine?: (dir: string) => Engine,
      provider: DevKeys.DevName = 'node-1',
      given: object = {},
    ) => {
      const databaseUrl = await ownDatabase(postgres.url, provider)
      const config = readConfig({
        ...{ ...base, databaseUrl, providerKey: keyOf(provider).privateKey, storeDir: join(home, 'store') },
        ...{ modelsDir: join(home, `models-${provider}`), models, logLevel: 'silent', sandbox: 'none', ...given },
      })
      await mkdir(config.modelsDir, { recursive: true })
      const parts: Partial<WorkerParts> = engine ? { startEngine: async ({ dir }) => engine(dir) } : {}
      const worker = await startWorker(config, parts)
      closers.push(() => worker[Symbol.asyncDispose]())
      await until(async () => {
        const response = await fetch(`${worker.url}/offers`)
        return ((await response.json()) as { offers: unknown[] }).offers.length === models.length
      })
      return worker
    },
    gateway: async (given: object = {}) => {
      const config = parse({
        ...base,
        relayerKey: keyOf('relayer').privateKey,
        logLevel: 'silent',
        lanePatienceMs: 0,
        ...given,
      })
      const running = await start(config)
      closers.push(() => running[Symbol.asyncDispose]())
      await running.gateway.providers.refresh()
      return running
    },
    /** Signs what `POST /v1/sessions` takes: one signature deposits and opens. */
    session: (payer: DevKeys.DevName, terms: SessionTerms = {}) => {
      const apiKey = terms.apiKey ?? ApiKey.from(randomBytes(32))
      return { apiKey, ...signSession({ deployment, apiKey, payer: keyOf(payer) }, terms) }
    },
    stop: async () => {
      for (const close of closers.splice(0).reverse()) await close()
      await relayer.stop()
      await store[Symbol.asyncDispose]()
      await devChain.stop()
      await postgres.stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}

export type SessionTerms = {
  apiKey?: string
  cap?: bigint
  amount?: bigint
  expiry?: bigint
  modelsRoot?: Hex
  models?: bigint[]
}

function signSession(
  of: { deployment: Deployment.Deployment; apiKey: string; payer: DevKeys.DevKey },
  { cap = 10_000_000n, amount = 10_000_000n, expiry, modelsRoot = zeroRoot, models }: SessionTerms,
) {
  const inAnHour = BigInt(Math.floor(Date.now() / 1000) + 3600)
  const session: Session.Session = {
    payer: of.payer.address,
    key: NativeSigner.from(ApiKey.sessionKey(of.apiKey)).address,
    ...{ cap, expiry: expiry ?? inAnHour, modelsRoot, salt: Bytes.toHex(randomBytes(32)) },
  }
  const { digest } = Usdc.receiveAuthorization({
    ...{ deployment: of.deployment, payer: of.payer.address, sessionId: Session.structHash(session) },
    ...{ amountMicroUsdc: amount, validBefore: inAnHour },
  })
  const signature = NativeSigner.from(of.payer.privateKey).sign(digest)
  const body = {
    ...{ session: Session.serialize(session), amount: String(amount), validAfter: '0', validBefore: String(inAnHour) },
    ...{ signature, ...(models ? { models: models.map(String) } : {}) },
  }
  return { session, sessionId: Session.structHash(session), body }
}

type Publishing = {
  store: Store
  relayer: Relayer.Relayer
  deployment: Deployment.Deployment
  creator: DevKeys.DevKey
}

async function publish({ store, relayer, deployment, creator }: Publishing, name: string, folder: string) {
  const repo = RepoId.parse(`dehug/${name}`)
  const root = join(fixtures, folder)
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const wanted = entries.filter((entry) => entry.isFile() && !/safetensors|gguf|quantized|\.png$/.test(entry.name))
  const files = await Promise.all(
    wanted.map(async (entry) => {
      const path = join(entry.parentPath, entry.name)
      return { path: relative(root, path), ...(await store.put(await readFile(path))) }
    }),
  )
  const manifest = Manifest.from({
    ...{ repo, commit: '0'.repeat(40), files, license: { id: 'apache-2.0' } },
    ...{ author: creator.address, createdAt: 1_800_000_000_000 },
  })
  const { cid } = await store.put(Bytes.utf8(Manifest.serialize(manifest)))
  const mint: Mint.Mint = {
    ...{ repo: RepoId.key(repo), manifestCid: Bytes.toHex(Cid.bytes(cid)), root: manifest.root as Hex },
    ...{ fileCount: BigInt(manifest.fileCount), owner: creator.address, creators: [creator.address], shares: [10_000] },
    ...{ creatorBps: 2000, creatorShareBps: 5000, royaltyBps: 500 },
    deadline: BigInt(Math.floor(Date.now() / 1000) + 3600),
  }
  const separator = Domain.separator(Domain.registry(31337, deployment.contracts.ModelRegistry))
  const signature = NativeSigner.from(creator.privateKey).sign(Mint.digest(separator, mint))
  await relayer.send(Calls.mint(deployment, mint, signature), { account: creator.address })
  return { modelId: RepoId.modelId(repo), root: manifest.root as Hex, manifest, cid }
}

/** Workers are other people's machines: each has a database of its own. */
async function ownDatabase(url: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const database = `worker_${name.replaceAll('-', '_')}`
  await client.query(`create database ${database}`).catch((error: { code?: string }) => {
    if (error.code !== '42P04') throw error
  })
  await client.end()
  return Object.assign(new URL(url), { pathname: `/${database}` }).toString()
}

export type GatewayChild = { url: string; process: ChildProcess }

/** A gateway in a process of its own, to be measured or killed. */
export async function startGatewayChild(network: TestNetwork): Promise<GatewayChild> {
  const config = {
    ...{
      databaseUrl: network.postgresUrl,
      rpcUrl: network.chain.rpcUrl,
      deployment: `${network.home}/deployment.json`,
    },
    ...{ relayerKey: network.keyOf('relayer').privateKey, logLevel: 'silent', lanePatienceMs: 0 },
  }
  const script = `import { start, parseConfig } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)}
    const { url } = await start(parseConfig(${JSON.stringify(config)}))
    console.log(url)`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(child.stdout, 'data')
  return { url: String(line).trim(), process: child }
}

/** Resolves once `check` does with true. */
export async function until(check: () => Promise<boolean> | boolean, timeoutMs = 30_000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`Not within ${timeoutMs} ms: ${check}`)
    await new Promise((done) => setTimeout(done, 20))
  }
}

/** An engine that writes `text` word by word. */
export const echoEngine = (text = 'four words are written') =>
  NullEngine.create({ text, unitsIn: 7, unitsOut: text.split(' ').length, pieces: text.split(' ').length })
