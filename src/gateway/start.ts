import Fastify from 'fastify'
import { pino } from 'pino'
import { openCatalog, publicRelayLimits, relayBudget } from '../catalog/index.ts'
import { Chain, Deployment, Relayer } from '../chain/index.ts'
import { gatewayPlugin, gatewayServerOptions } from './app.ts'
import type { GatewayConfig } from './config.ts'
import type { Gateway } from './Gateway.ts'
import { openGateway } from './open-gateway.ts'

export type RunningGateway = AsyncDisposable & { url: string; gateway: Gateway }

/** Starts a gateway on its own, listening. Disposing of it lets running requests end first. */
export async function start(config: GatewayConfig): Promise<RunningGateway> {
  const logger = pino({ name: 'gateway', level: config.logLevel }, pino.destination(2))
  const chain = await Chain.connect({ rpcUrl: config.rpcUrl, deployment: Deployment.load(config.deployment) })
  const catalog = await openCatalog({ databaseUrl: config.databaseUrl, connections: 2 })
  const budget = relayBudget(catalog.db, { ...publicRelayLimits, now: Date.now })
  const relayer = await Relayer.start({ chain, key: config.relayerKey, budget })
  const onError = (error: unknown, about?: string) => logger.warn({ err: error, about })
  const gateway = await openGateway({ config, chain, relayer, onError })
  const app = Fastify({ ...gatewayServerOptions, loggerInstance: logger, disableRequestLogging: true })
  await app.register(gatewayPlugin(gateway))
  app.get('/healthz', () => ({ status: 'ok', chainId: chain.chainId }))
  const url = await app.listen({ host: config.host, port: config.port })
  let closed: Promise<void> | undefined
  const close = async () => {
    await app.close()
    await gateway[Symbol.asyncDispose]()
    await relayer.stop()
    await catalog.close()
  }
  return {
    url,
    gateway,
    [Symbol.asyncDispose]: () => {
      closed ??= close()
      return closed
    },
  }
}
