import { join } from 'node:path'
import { DevKeys } from '../../chain/index.ts'
import { NotFound } from '../../core/index.ts'
import { type Io, note } from '../Io.ts'
import { seedPath } from '../up/accounts.ts'
import * as Facts from '../up/Facts.ts'
import * as Home from '../up/Home.ts'
import { deploymentPath } from '../up/paths.ts'

export type RoleOptions = { home?: string | undefined; name: string; port?: number | undefined }

/** Waits until the process is asked to end, then closes what runs. */
async function serveUntilEnd(
  running: AsyncDisposable & { url: string },
  name: string,
  io: Io,
): Promise<{ url: string }> {
  if (io.json) io.stdout(`${JSON.stringify({ role: name, url: running.url })}\n`)
  note(io, `${name} listens at ${running.url}`)
  await ended(io.signal)
  await running[Symbol.asyncDispose]()
  return { url: running.url }
}

const ended = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((done) => signal.addEventListener('abort', () => done(), { once: true }))

/** One hub, configured by the environment. */
export async function hub(options: RoleOptions, io: Io): Promise<undefined> {
  const { readConfig, start } = await import('../../hub/index.ts')
  const { searchEmbedder } = await import('../origin/search-embedder.ts')
  const config = { ...readConfig(), ...(options.port === undefined ? {} : { port: options.port }) }
  const { searchModel: model, host, port, publicUrl, chain } = config
  const endpoint = publicUrl ?? `http://${host}:${port}`
  const folder = join(io.config.home, 'search-model')
  const onError = (error: unknown) => note(io, `Search by meaning: ${error}`)
  await using embedder = model ? searchEmbedder({ model, endpoint, rpcUrl: chain?.rpcUrl, folder, onError }) : undefined
  await serveUntilEnd(await start(config, { embedder }), 'hub', io)
}

/** One gateway, configured by the environment. */
export async function gateway(options: RoleOptions, io: Io): Promise<undefined> {
  const { GatewayConfig, start } = await import('../../gateway/index.ts')
  await serveUntilEnd(
    await start(GatewayConfig.read(options.port === undefined ? {} : { port: options.port })),
    'gateway',
    io,
  )
}

/** Hub and gateway of a local network behind one port. */
export async function origin(options: RoleOptions, io: Io): Promise<undefined> {
  const { home, facts } = await localNetwork(options, io)
  const { startOrigin } = await import('../origin/start-origin.ts')
  const running = await startOrigin({
    host: '127.0.0.1',
    port: options.port ?? (Facts.portOf(facts.origin) as number),
    webUrl: facts.web,
    databaseUrl: facts.databaseUrl,
    storeDir: home.store,
    rpcUrl: facts.rpcUrl,
    deployment: facts.deployment,
    deploymentPath: deploymentPath(home),
    relayerKey: DevKeys.get('relayer', facts.chainId).privateKey,
    indexerUrl: facts.indexer,
    seedFile: seedPath(home),
    search: facts.searchModel === null ? null : { model: facts.searchModel, folder: join(home.dir, 'search-model') },
    // Play money pays the gas here.
    relayLimits: { transactionsPerAccount: 100_000, weiPerAccount: 10n ** 21n, weiPerDay: 10n ** 22n },
  })
  await serveUntilEnd(running, 'origin', io)
}

/** One provider: of a local network with `--home`, else configured by the environment. */
export async function worker(options: RoleOptions, io: Io): Promise<undefined> {
  const { readConfig, start } = await import('../../worker/index.ts')
  const given = options.home === undefined ? {} : await localWorker(options, io)
  const port = options.port === undefined ? {} : { port: options.port }
  await serveUntilEnd(await start(readConfig({ ...given, ...port })), options.name, io)
}

async function localWorker(options: RoleOptions, io: Io): Promise<Record<string, unknown>> {
  const { home, facts } = await localNetwork(options, io)
  const found = facts.workers.find((one) => one.name === options.name) ?? facts.workers[0]
  if (!found) throw new NotFound(`${home.network} knows no worker.`, { hint: 'Start the network with `dehug up`.' })
  return {
    port: found.port,
    databaseUrl: facts.databaseUrl,
    rpcUrl: facts.rpcUrl,
    deployment: deploymentPath(home),
    providerKey: DevKeys.get(found.account as DevKeys.DevName, facts.chainId).privateKey,
    storeDir: home.store,
    modelsDir: join(home.dir, 'models', found.name),
    sources: [facts.origin],
    models: found.models.map((model) => ({ model, prices: developmentPrices })),
  }
}

/** In USDC per million units. */
const developmentPrices = { in: '2', out: '8', ms: '0', call: '0' }

/** The indexer over the database and chain of a local network. */
export async function indexer(options: RoleOptions, io: Io): Promise<undefined> {
  const { home, facts } = await localNetwork(options, io)
  const { startIndexer } = await import('../up/roles.ts')
  const { databaseUrl, rpcUrl, deployment } = facts
  const port = options.port ?? (Facts.portOf(facts.indexer) as number)
  const running = await startIndexer({ databaseUrl, rpcUrl, deployment, port, home: home.dir })
  await serveUntilEnd({ url: running.url, [Symbol.asyncDispose]: running.stop }, 'indexer', io)
}

async function localNetwork(options: RoleOptions, io: Io): Promise<{ home: Home.Home; facts: Facts.Facts }> {
  const home = await Home.open(options.home ?? io.config.home)
  const facts = await Facts.read(home)
  if (!facts)
    throw new NotFound(`There is no network in ${home.dir}.`, { hint: 'Make one with `dehug up --home DIR`.' })
  return { home, facts }
}
