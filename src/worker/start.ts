import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import pg from 'pg'
import { Chain, Deployment, DevKeys, RelayBudget, Relayer } from '../chain/index.ts'
import { Domain, type Hex } from '../core/index.ts'
import { Engine, type EngineOptions } from '../engine/index.ts'
import { availabilityOfStore, Batches, claimChainOf, Ledger, NativeSigner } from '../settle/index.ts'
import { DiskStore } from '../store/index.ts'
import * as Artifacts from './Artifacts.ts'
import { buildApp, type WorkerContext } from './app.ts'
import * as Channels from './Channels.ts'
import { claimer } from './claim-due.ts'
import type { WorkerConfig } from './config.ts'
import * as Engines from './Engines.ts'
import { every } from './every.ts'
import * as Jobs from './Jobs.ts'
import { registerProvider } from './register-provider.ts'
import * as Served from './Served.ts'
import { modelServer } from './serve-models.ts'

/** A provider's node at work. */
export type Worker = AsyncDisposable & {
  /** Where it listens. */
  url: string
  provider: Hex
  /** Claims everything that is unpaid now. */
  claim(): Promise<Batches.ClaimResult[]>
}

/** What is real unless a test says otherwise. */
export type WorkerParts = { now: () => number; startEngine: (options: EngineOptions) => Promise<Engine> }

const graceMs = 5_000
const seconds = 1_000
/** About what one row of a claim costs on a cheap chain. */
const defaultMinimumMicroUsdc = 1_000n

/** Starts a worker: opens its book, listens, announces itself, and serves its models as soon as they are anchored. */
export async function start(config: WorkerConfig, parts: Partial<WorkerParts> = {}): Promise<Worker> {
  const closers: Closer[] = []
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    const room = await open(config, { now: Date.now, startEngine: Engine.start, ...parts }, closers)
    const app = await buildApp(room.context)
    closers.push(() => endApp(app, room.context.engines))
    const url = await app.listen({ host: config.host, port: config.port })
    const { ledger, batches } = room.context
    if (ledger.recovered > 0) app.log.warn({ jobs: ledger.recovered }, 'ended jobs of a killed process without a fee')
    for (const loop of startLoops(config, room, app.log, config.publicUrl ?? url)) closers.push(() => loop.stop())
    return { url, provider: ledger.provider, claim: () => batches.claim(), [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

type Closer = () => Promise<void>
type Room = Awaited<ReturnType<typeof open>>

/** Everything the worker is made of, built once. */
async function open(config: WorkerConfig, { now, startEngine }: WorkerParts, closers: Closer[]) {
  const use = <T extends AsyncDisposable>(thing: T): T => {
    closers.push(async () => await thing[Symbol.asyncDispose]())
    return thing
  }
  const pool = new pg.Pool({ connectionString: config.databaseUrl, max: 8 })
  pool.on('error', () => undefined)
  closers.push(() => pool.end())
  const deployment = Deployment.load(config.deployment)
  const chain = await Chain.connect({ rpcUrl: config.rpcUrl, deployment })
  const signer = NativeSigner.from(config.providerKey)
  const gasKey = config.gasKey ?? config.providerKey
  const relayer = use(await Relayer.start({ chain, key: gasKey, budget: RelayBudget.inMemory({ now }) }))
  const store = use(await DiskStore.open({ dir: config.storeDir }))
  const domain = Domain.usage(deployment.chainId, deployment.contracts.UsageController)
  const domainSeparator = Domain.separator(domain)
  const { retainAnswersMs, jobSeconds } = config
  const { recover } = NativeSigner
  const ledger = use(await Ledger.open({ pool, signer, recover, domainSeparator, now, retainAnswersMs }))
  const claimChain = claimChainOf(chain, relayer, signer.address)
  const { sum: sumMicroUsdc, minimum, ...limits } = config.claim
  const batches = Batches.start({
    pool,
    ledger,
    signer,
    domainSeparator,
    chain: claimChain,
    da: availabilityOfStore(store),
    now,
    thresholds: { ...limits, sumMicroUsdc },
    minimumMicroUsdc: minimum ?? (deployment.chainId === DevKeys.devChainId ? 0n : defaultMinimumMicroUsdc),
  })
  const { maxCreatorBps } = config
  const channels = Channels.open({ ledger, chain: claimChain, maxCreatorBps, now })
  const offers = Served.open({ signer, domainSeparator, jobSeconds, now })
  const artifacts = Artifacts.open({ chain, store, modelsDir: config.modelsDir, sources: config.sources })
  const engines = use(
    Engines.open({
      start: startEngine,
      prepare: (served) => engineOptions(config, artifacts, served),
      idleMs: config.idleUnloadMs,
      maxEngines: config.maxEngines,
      memoryBytes: config.engineMemoryBytes,
      now,
    }),
  )
  const published = new Set<string>()
  const context: WorkerContext = {
    chainId: deployment.chainId,
    controller: deployment.contracts.UsageController,
    domain,
    ledger,
    batches,
    offers,
    channels,
    jobs: Jobs.open({ ledger, offers, channels, engines, now }),
    engines,
    store,
    visible: async (cid) => published.has(cid) || (await batches.published(cid)),
    now,
    logLevel: config.logLevel,
  }
  return { context, chain, relayer, signer, artifacts, published }
}

function startLoops(config: WorkerConfig, room: Room, log: FastifyBaseLogger, url: string) {
  const { chain, relayer, signer, artifacts, published, context } = room
  const { ledger, batches, channels, offers } = context
  const onServed = ({ manifest, manifestCid }: Artifacts.Resolved) => {
    for (const cid of [manifestCid, ...manifest.files.map((file) => file.cid)]) published.add(cid)
  }
  const memoryBytes = config.engineMemoryBytes
  const { models, maxCreatorBps } = config
  const serve = modelServer({ models, artifacts, offers, memoryBytes, maxCreatorBps, log, onServed })
  const claimDue = claimer({ chain, ledger, batches, channels, log })
  const announce = async () => {
    if (await registerProvider({ chain, relayer, signer }, url)) log.info({ url }, 'registered')
  }
  const recheck = async () => {
    const lost = await batches.findLostClaims()
    if (lost.length > 0) log.warn({ channels: lost }, 'the chain has lost these claims; they are made again')
  }
  const bookLeftovers = async () => {
    const jobs = await ledger.bookLeftovers(context.jobs.isHere)
    if (jobs > 0) log.warn({ jobs }, 'booked jobs that had lost the database')
  }
  const failing = (doing: string) => (error: unknown) => log.error({ err: error }, `failed: ${doing}`)
  return [
    every(3 * seconds, serve, failing('serving')),
    every(2 * seconds, claimDue, failing('claiming')),
    every(10 * seconds, bookLeftovers, failing('booking what was left')),
    every(60 * seconds, announce, failing('registering')),
    every(30 * seconds, recheck, failing('looking for lost claims')),
    every(60 * seconds, () => ledger.forgetAnswers(), failing('tidying up')),
  ]
}

/** Streams that do not end by themselves end with their engines, and their jobs without a fee. */
async function endApp(app: FastifyInstance, engines: Engines.Engines): Promise<void> {
  const closed = app.close()
  // Connections that fall idle only now would be kept for the next request, which will not come.
  const idle = setInterval(() => app.server.closeIdleConnections(), 100)
  await Promise.race([closed, delay(graceMs, undefined, { ref: false })])
  await engines[Symbol.asyncDispose]()
  await Promise.race([closed, delay(graceMs, undefined, { ref: false })])
  clearInterval(idle)
  app.server.closeAllConnections()
  await closed
}

async function engineOptions(
  config: WorkerConfig,
  artifacts: Artifacts.Artifacts,
  served: Served.Served,
): Promise<EngineOptions> {
  const dir = await artifacts.materialise(served)
  const { sandbox, engineMemoryBytes } = config
  return {
    dir,
    task: served.task,
    sandbox,
    limits: { memoryBytes: engineMemoryBytes, requestTimeoutMs: config.jobSeconds * seconds + graceMs },
  }
}
