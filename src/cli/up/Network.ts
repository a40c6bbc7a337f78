import { join } from 'node:path'
import { type Deployment, DevKeys } from '../../chain/index.ts'
import { Conflict } from '../../core/index.ts'
import { developmentAccounts, writeSeed } from './accounts.ts'
import * as Facts from './Facts.ts'
import * as Home from './Home.ts'
import { deploymentPath } from './paths.ts'
import * as Ports from './ports.ts'
import type { Report } from './Report.ts'
import { buildWeb, type Health, indexerRole, ourRole, webRole } from './roles.ts'
import * as Supervisor from './Supervisor.ts'

export type NetworkOptions = {
  homeDir: string
  /** 0: the one used last time, or any free one. */
  port: number
  chainPort: number
  /** Of the web app, which is left out where this is not set. */
  webPort?: number | undefined
  seedFile?: string | undefined
  /** An own Postgres 15 or newer instead of the embedded one. */
  databaseUrl?: string | undefined
  blockTimeSeconds?: number | undefined
  /** Workers to run; one by default, at most two on the development chain. */
  workers?: number | undefined
  /** What they serve (`ns/name`), published already or not yet; the same as last time by default. */
  models?: string[] | undefined
  /** What search compares meanings with (`ns/name` or a folder), null for words only; as last time by default. */
  searchModel?: string | null | undefined
  report: Report
  /** Aborted while it starts: what was started is stopped, and the reason of the signal thrown. */
  signal?: AbortSignal | undefined
}

/** A network whose processes run. */
export type Network = AsyncDisposable & {
  home: Home.Home
  facts: () => Facts.Facts
  /** Changes what is remembered in `network.json`. */
  remember: (change: Partial<Facts.Facts>) => Promise<void>
  supervisor: Supervisor.Supervisor
  stop: () => Promise<void>
}

const workerAccounts = ['node-1', 'node-2']

/**
 * Starts chain, contracts, database, indexer, origin and web app below one folder, as processes that outlive nothing: whatever is
 * thrown, all of them are stopped first. Throws `AlreadyRunning`, `PortTaken`, `RoleNotStarted` and what the parts throw.
 */
export async function start(options: NetworkOptions): Promise<Network> {
  const home = await Home.open(options.homeDir)
  const supervisor = await Supervisor.open({ runDir: home.run, log: options.report.say })
  try {
    return await unlessAborted(startAll(options, home, supervisor), options.signal)
  } catch (error) {
    await supervisor.stopAll()
    throw error
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work
  const controller = new AbortController()
  const aborted = new Promise<never>((_, fail) => {
    const stop = () => fail(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true, signal: controller.signal })
  })
  return Promise.race([work, aborted]).finally(() => controller.abort())
}

async function startAll(options: NetworkOptions, home: Home.Home, supervisor: Supervisor.Supervisor): Promise<Network> {
  const { report } = options
  const before = await Facts.read(home)
  const port = await Ports.choose(options.port, { last: Facts.portOf(before?.origin), flag: '--port' })
  const [rpcUrl, databaseUrl] = await Promise.all([
    report.step(
      'chain',
      () => startChain(options, home, supervisor, before),
      (url) => url,
    ),
    report.step(
      'database',
      () => startDatabase(options, home, supervisor, before),
      (url) => url.replace(/:[^:@/]*@/, '@'),
    ),
  ])
  const deployment = before
    ? await completed(report, rpcUrl, await assertSameChain(rpcUrl, before.deployment, home))
    : await report.step(
        'contracts',
        () => deployContracts(rpcUrl),
        (made) => `${Object.keys(made.contracts).length} contracts from block ${made.block}`,
      )
  let facts: Facts.Facts = {
    chainId: deployment.chainId,
    rpcUrl,
    deployment,
    databaseUrl,
    origin: `http://127.0.0.1:${port}`,
    indexer: `http://127.0.0.1:${await Ports.choose(0, { last: Facts.portOf(before?.indexer), flag: '' })}`,
    web: await webFrom(options, before),
    workers: await workersFrom(options, before),
    searchModel: options.searchModel === undefined ? (before?.searchModel ?? null) : options.searchModel,
    accounts: before?.accounts ?? (await developmentAccounts(deployment.chainId)),
    toldStory: before?.toldStory ?? false,
  }
  const remember = async (change: Partial<Facts.Facts>) => {
    facts = { ...facts, ...change }
    await Facts.write(home, facts)
  }
  await remember({})
  await Home.writeJson(deploymentPath(home), deployment)
  await writeSeed(home, facts.accounts, options.seedFile)
  await startServices(report, home, supervisor, facts)
  const stop = () => supervisor.stopAll()
  return {
    home,
    supervisor,
    facts: () => facts,
    remember,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function startChain(
  options: NetworkOptions,
  home: Home.Home,
  supervisor: Supervisor.Supervisor,
  before: Facts.Facts | undefined,
): Promise<string> {
  const { DevChain } = await import('../../chain/index.ts')
  const { blockTimeSeconds } = options
  const pace = blockTimeSeconds === undefined ? {} : { blockTimeSeconds }
  let url = ''
  const launch = async () => {
    const last = Facts.portOf(before?.rpcUrl)
    // One that still runs is adopted where it is, and once up, a chain comes back where everybody looks for it.
    const port = Facts.portOf(url) ?? (options.chainPort || last || (await Ports.choose(0, { flag: '--chain-port' })))
    const chain = await DevChain.start({ home: home.dir, port, ...pace }).catch((error) => {
      if (options.chainPort || url) throw error
      return DevChain.start({ home: home.dir, port: 0, ...pace })
    })
    url = chain.rpcUrl
    return chain
  }
  await supervisor.start({ name: 'chain', launch })
  return url
}

async function startDatabase(
  options: NetworkOptions,
  home: Home.Home,
  supervisor: Supervisor.Supervisor,
  before: Facts.Facts | undefined,
): Promise<string> {
  if (options.databaseUrl) return options.databaseUrl
  const { startPostgres } = await import('../../catalog/index.ts')
  let url = ''
  const launch = async () => {
    const wanted = Facts.portOf(url) ?? (await Ports.choose(0, { last: Facts.portOf(before?.databaseUrl), flag: '' }))
    const postgres = await startPostgres({ dir: home.postgres, port: wanted })
    url = postgres.url
    return postgres
  }
  await supervisor.start({ name: 'database', launch })
  return url
}

async function deployContracts(rpcUrl: string): Promise<Deployment.Deployment> {
  const { DevKeys, deploy } = await import('../../chain/index.ts')
  return deploy({ rpcUrl, deployerKey: DevKeys.get('deployer', DevKeys.devChainId).privateKey })
}

/** A network of an earlier version gets the contracts that came since. */
async function completed(
  report: Report,
  rpcUrl: string,
  deployment: Deployment.Deployment,
): Promise<Deployment.Deployment> {
  if (deployment.contracts.EngagementOracle && deployment.contracts.Badges) return deployment
  const { completeDeployment, DevKeys } = await import('../../chain/index.ts')
  const deployerKey = DevKeys.get('deployer', DevKeys.devChainId).privateKey
  return report.step(
    'new contracts',
    () => completeDeployment(deployment, { rpcUrl, deployerKey }),
    ({ contracts }) => `oracle ${contracts.EngagementOracle}, badges ${contracts.Badges}`,
  )
}

/** Databases and stores belong to one chain; a chain that forgot its contracts would make all of them wrong. */
async function assertSameChain(
  rpcUrl: string,
  deployment: Deployment.Deployment,
  home: Home.Home,
): Promise<Deployment.Deployment> {
  const { Chain } = await import('../../chain/index.ts')
  await Chain.connect({ rpcUrl, deployment }).catch((cause: unknown) => {
    throw new ChainForgot(home.dir, cause)
  })
  return deployment
}

async function webFrom(options: NetworkOptions, before: Facts.Facts | undefined): Promise<string | null> {
  if (options.webPort === undefined) return null
  const last = Facts.portOf(before?.web ?? undefined)
  return `http://127.0.0.1:${await Ports.choose(options.webPort, { last, flag: '--web-port' })}`
}

async function workersFrom(options: NetworkOptions, before: Facts.Facts | undefined): Promise<Facts.WorkerFacts[]> {
  const names = workerAccounts.slice(0, options.workers ?? before?.workers.length ?? 1)
  return Promise.all(
    names.map(async (account, i) => {
      const last = before?.workers.find((worker) => worker.account === account)
      return {
        name: `worker-${i + 1}`,
        account,
        port: await Ports.choose(0, { last: last?.port, flag: '' }),
        models: options.models ?? last?.models ?? [],
      }
    }),
  )
}

async function startServices(
  report: Report,
  home: Home.Home,
  supervisor: Supervisor.Supervisor,
  facts: Facts.Facts,
): Promise<void> {
  const { databaseUrl, rpcUrl, deployment } = facts
  const port = Facts.portOf(facts.indexer) as number
  const indexer = indexerRole({ databaseUrl, rpcUrl, deployment, port, home: home.dir })
  const isOrigin = (health: Health) => health.role === 'origin'
  const origin = ourRole(home, { verb: 'origin', name: 'origin', url: facts.origin, isReady: isOrigin })
  await Promise.all([
    report.step(
      'indexer',
      () => supervisor.start(indexer),
      () => `${facts.origin}/graphql`,
    ),
    report.step(
      'origin',
      () => supervisor.start(origin),
      () => facts.origin,
    ),
    ...facts.workers.map((worker) => startWorker(report, home, supervisor, worker)),
    ...(facts.web === null ? [] : [startWeb(report, home, supervisor, { ...facts, web: facts.web })]),
  ])
}

async function startWeb(
  report: Report,
  home: Home.Home,
  supervisor: Supervisor.Supervisor,
  facts: Facts.Facts & { web: string },
): Promise<void> {
  await report.step('web build', buildWeb, ({ built }) => (built ? 'built' : 'up to date'))
  await report.step(
    'web',
    () => supervisor.start(webRole(home, { url: facts.web, endpoint: facts.origin, rpcUrl: facts.rpcUrl })),
    () => facts.web,
  )
}

function startWorker(report: Report, home: Home.Home, supervisor: Supervisor.Supervisor, worker: Facts.WorkerFacts) {
  const url = `http://127.0.0.1:${worker.port}`
  const { address } = DevKeys.get(worker.account as DevKeys.DevName, DevKeys.devChainId)
  const isReady = (health: Health) => health.provider === address
  const role = ourRole(home, { verb: 'worker', name: worker.name, url, isReady })
  return report.step(
    worker.name,
    () => supervisor.start(role),
    () => `${url}, ${worker.models.length} models`,
  )
}

/** The chain's state is gone, and what the other parts remember is about a chain that is no more. */
export class ChainForgot extends Conflict {
  constructor(dir: string, cause: unknown) {
    super(`The chain in ${dir} does not have the contracts of this network any more.`, {
      code: 'chain_forgot',
      hint: `Bring ${join(dir, 'chain')} back from a copy, or start anew in another folder with --home.`,
      cause,
    })
  }
}
