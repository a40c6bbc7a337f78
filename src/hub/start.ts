import { readFile } from 'node:fs/promises'
import Fastify from 'fastify'
import {
  Blob,
  type Db,
  type Embedder,
  Meanings,
  openCatalog,
  parseSeed,
  publicRelayLimits,
  relayBudget,
  seed,
} from '../catalog/index.ts'
import { Chain, Deployment, DevKeys, Relayer } from '../chain/index.ts'
import { BadInput } from '../core/index.ts'
import { DiskStore, gatewayPlugin } from '../store/index.ts'
import type { HubWire } from '../wire/index.ts'
import { answerNotFound, hubPlugin, hubServerOptions } from './app.ts'
import type { HubConfig } from './config.ts'
import { createContext, type HubContext } from './context.ts'
import { startHousekeeping } from './Housekeeping.ts'

/** A hub that listens at `url`, with the trustless IPFS gateway of its store beside it. */
export type RunningHub = AsyncDisposable & { url: string; context: HubContext }

/**
 * Starts a hub of its own. What it opened is closed when it is disposed of, or when starting fails. With an embedder,
 * search also compares meanings.
 */
export const start = async (
  config: HubConfig,
  parts: { embedder?: Embedder | undefined } = {},
): Promise<RunningHub> => {
  const opened: AsyncDisposable[] = []
  const close = async () => {
    for (const part of opened.splice(0).reverse()) await part[Symbol.asyncDispose]()
  }
  try {
    const context = await openContext(config, parts.embedder, opened)
    const app = Fastify({ ...hubServerOptions, logger: { level: config.logLevel ?? 'warn', stream: process.stderr } })
    opened.push(startHousekeeping(context, { onError: (error) => app.log.error(error) }))
    opened.push({ [Symbol.asyncDispose]: () => app.close() })
    await app.register(hubPlugin(context))
    const { db } = context.catalog
    await app.register(gatewayPlugin(context.store, { visible: (cid) => Blob.isPublic(db, cid) }))
    app.get('/healthz', async () => ({ ok: true }))
    app.setNotFoundHandler(answerNotFound)
    const url = await app.listen({ host: config.host, port: config.port })
    return { url, context, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

const openContext = async (
  config: HubConfig,
  embedder: Embedder | undefined,
  opened: AsyncDisposable[],
): Promise<HubContext> => {
  const keep = <T extends AsyncDisposable>(part: T): T => {
    opened.push(part)
    return part
  }
  const catalog = keep(await openCatalog({ databaseUrl: config.databaseUrl }))
  const store = keep(await DiskStore.open({ dir: config.storeDir }))
  const chain = config.chain && (await connect(config.chain))
  if (config.seedFile) await seedFrom(config.seedFile, catalog.db, chain)
  const key = config.chain?.relayerKey
  const budget = relayBudget(catalog.db, { ...publicRelayLimits, now: Date.now })
  const relayer = chain && key ? keep(await Relayer.start({ chain, key, budget })) : undefined
  const network = chain && (() => networkOf(config, chain))
  const onError = (error: unknown) => process.stderr.write(`Search by meaning: ${error}\n`)
  const meanings = embedder && keep(Meanings.start({ db: catalog.db, embedder, onError }))
  return createContext({
    ...{ catalog, store, chain, relayer, network, meanings, publicUrl: config.publicUrl },
    limits: config.rates ? { rates: config.rates } : {},
    webhooks: { allowPrivate: config.privateWebhooks },
  })
}

/** Tokens in a file are for development only. */
const seedFrom = async (file: string, db: Db, chain: Chain.Chain | undefined): Promise<void> => {
  if (chain && chain.chainId !== DevKeys.devChainId) {
    throw new BadInput(`A seed file is for the development chain only; this is chain ${chain.chainId}.`, {
      code: 'seed_refused',
    })
  }
  await seed(db, parseSeed(await readFile(file, 'utf8')), new Date())
}

const connect = ({ rpcUrl, deployment }: NonNullable<HubConfig['chain']>): Promise<Chain.Chain> =>
  Chain.connect({ rpcUrl, deployment: Deployment.load(deployment) })

const networkOf = (config: HubConfig, chain: Chain.Chain): Omit<HubWire.Network, 'hub'> => {
  const origin = config.publicUrl ?? `http://${config.host}:${config.port}`
  return {
    chainId: chain.chainId,
    rpcUrl: chain.rpcUrl,
    gateway: config.gatewayUrl ?? origin,
    ipfs: [origin],
    contracts: chain.deployment.contracts,
    deployment: chain.deployment,
  }
}
