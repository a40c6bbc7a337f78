import { readFile } from 'node:fs/promises'
import replyFrom from '@fastify/reply-from'
import Fastify, { type FastifyInstance } from 'fastify'
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import { Blob, Meanings, openCatalog, parseSeed, relayBudget, seed } from '../../catalog/index.ts'
import { Chain, type Deployment, type RelayBudget, Relayer } from '../../chain/index.ts'
import type { Hex } from '../../core/index.ts'
import { GatewayConfig, gatewayPlugin, openGateway } from '../../gateway/index.ts'
import { answerNotFound, createContext, hubPlugin, hubServerOptions, startHousekeeping } from '../../hub/index.ts'
import { DiskStore, gatewayPlugin as ipfsPlugin } from '../../store/index.ts'
import { searchEmbedder } from './search-embedder.ts'

export type OriginOptions = {
  host: string
  port: number
  /** Where the web app is, which passes requests on; null without one. */
  webUrl: string | null
  databaseUrl: string
  storeDir: string
  rpcUrl: string
  deployment: Deployment.Deployment
  deploymentPath: string
  /** Pays the gas of everybody's signed messages. */
  relayerKey: Hex
  /** Where GraphQL is answered. */
  indexerUrl: string
  seedFile: string | undefined
  /** The model that search compares meanings with, and the folder it is kept in; null for words only. */
  search: { model: string; folder: string } | null
  /** What the relayer pays in a day. */
  relayLimits: RelayBudget.Limits
}

export type Origin = AsyncDisposable & { url: string }

/** Hub, gateway, IPFS gateway, GraphQL and metrics behind one port, with one relayer. */
export async function startOrigin(options: OriginOptions): Promise<Origin> {
  const opened: AsyncDisposable[] = []
  const close = async () => {
    for (const part of opened.splice(0).reverse()) await part[Symbol.asyncDispose]()
  }
  try {
    const app = await compose(options, opened)
    const url = await app.listen({ host: options.host, port: options.port })
    return { url, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

async function compose(options: OriginOptions, opened: AsyncDisposable[]): Promise<FastifyInstance> {
  const keep = <T extends AsyncDisposable>(part: T): T => {
    opened.push(part)
    return part
  }
  const { databaseUrl, deployment, rpcUrl } = options
  const catalog = keep(await openCatalog({ databaseUrl, connections: 8 }))
  if (options.seedFile) await seed(catalog.db, parseSeed(await readFile(options.seedFile, 'utf8')), new Date())
  const store = keep(await DiskStore.open({ dir: options.storeDir }))
  const chain = await Chain.connect({ rpcUrl, deployment })
  const budget = relayBudget(catalog.db, { ...options.relayLimits, now: Date.now })
  const relayer = keep(await Relayer.start({ chain, key: options.relayerKey, budget }))
  const origin = `http://${options.host}:${options.port}`
  const facts = {
    chainId: chain.chainId,
    rpcUrl,
    gateway: origin,
    ipfs: [origin],
    contracts: deployment.contracts,
    deployment,
  }
  const app = Fastify({ ...hubServerOptions, logger: { level: 'info', base: null }, disableRequestLogging: true })
  const onSearchError = (error: unknown) => app.log.warn({ err: error, about: 'search by meaning' })
  const embedder =
    options.search && keep(searchEmbedder({ ...options.search, endpoint: origin, rpcUrl, onError: onSearchError }))
  const meanings = embedder ? keep(Meanings.start({ db: catalog.db, embedder, onError: onSearchError })) : undefined
  const urls = { publicUrl: origin, otherUrls: otherUrlsOf(origin, options.webUrl) }
  const hub = await createContext({ catalog, store, chain, relayer, meanings, ...urls, network: () => facts })
  const config = GatewayConfig.parse({
    databaseUrl,
    rpcUrl,
    deployment: options.deploymentPath,
    relayerKey: options.relayerKey,
    refreshMs: 2000,
    // A development chain that is killed forgets some seconds.
    ...(chain.chainId === 31337 ? { closeConfirmSeconds: 10, closeSweepMs: 2000 } : {}),
  })
  const gateway = keep(
    await openGateway({ config, chain, relayer, onError: (error, about) => app.log.warn({ err: error, about }) }),
  )
  keep(startHousekeeping(hub, { onError: (error) => app.log.warn({ err: error, about: 'garbage collection' }) }))
  keep({ [Symbol.asyncDispose]: () => app.close() })
  measure(app)
  await app.register(hubPlugin(hub))
  await app.register(gatewayPlugin(gateway))
  await app.register(ipfsPlugin(store, { visible: (cid) => Blob.isPublic(catalog.db, cid) }))
  await app.register(graphql(options.indexerUrl))
  app.get('/healthz', async () => ({ status: 'ok', role: 'origin', chainId: chain.chainId }))
  app.setNotFoundHandler(answerNotFound)
  return app
}

/** The web app's, and both by the name that people type on their own machine. */
const otherUrlsOf = (origin: string, webUrl: string | null): string[] => {
  const urls = webUrl === null ? [] : [webUrl]
  return [...urls, ...[origin, ...urls].map((url) => url.replace('//127.0.0.1:', '//localhost:'))]
}

/** `/graphql` as Ponder answers it; bodies pass through unread. */
const graphql = (base: string) => async (app: FastifyInstance) => {
  await app.register(replyFrom, { base, disableRequestLogging: true })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  app.route({ method: ['GET', 'POST'], url: '/graphql', handler: (_request, reply) => reply.from('/graphql') })
}

/** `/metrics` in the Prometheus text format: this process, and how long each route takes. */
function measure(app: FastifyInstance): void {
  const register = new Registry()
  collectDefaultMetrics({ register })
  const seconds = new Histogram({
    name: 'http_request_seconds',
    help: 'Time from the first byte of a request to the last of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
    registers: [register],
  })
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    seconds.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000)
  })
  app.get('/metrics', async (_request, reply) => reply.type(register.contentType).send(await register.metrics()))
}
