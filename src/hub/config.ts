import { join, resolve } from 'node:path'
import { BadInput, type Hex } from '../core/index.ts'
import { defaultLimits } from './context.ts'
import type { Rate, Rates } from './RateLimit.ts'

/** How a hub of its own is started (`dehug hub`). */
export type HubConfig = {
  host: string
  port: number
  databaseUrl: string
  storeDir: string
  publicUrl: string | undefined
  /** Where inference is served; the hub's own origin where it is not set. */
  gatewayUrl: string | undefined
  chain: { rpcUrl: string; deployment: string | number; relayerKey: Hex | undefined } | undefined
  /** File of users and organisations to create; development only. */
  seedFile: string | undefined
  /** Requests per caller; see `Limits`. */
  rates?: Rates
  /** The embedding model that search compares meanings with: `namespace/name` or a folder. */
  searchModel?: string | undefined
  /** Send webhooks to loopback and private addresses too. */
  privateWebhooks?: boolean
  /** Level of the log on stderr; `warn` where it is not set. */
  logLevel?: string | undefined
}

/** Reads the environment: DATABASE_URL, DEHUG_HOME, DEHUG_STORE, DEHUG_RPC_URL and others named below. Throws `BadInput`. */
export const readConfig = (env: NodeJS.ProcessEnv = process.env): HubConfig => {
  const home = resolve(env.DEHUG_HOME ?? '.dehug')
  if (!env.DATABASE_URL) {
    throw new BadInput('The hub needs a database: DATABASE_URL is not set.', {
      code: 'no_database_url',
      hint: 'Set DATABASE_URL=postgres://…, or let `dehug up` start everything.',
    })
  }
  const deployment = env.DEHUG_DEPLOYMENT
  return {
    host: env.DEHUG_HUB_HOST ?? '127.0.0.1',
    port: portOf(env.DEHUG_HUB_PORT ?? '4800'),
    databaseUrl: env.DATABASE_URL,
    storeDir: env.DEHUG_STORE ?? join(home, 'store'),
    publicUrl: env.DEHUG_PUBLIC_URL,
    gatewayUrl: env.DEHUG_GATEWAY_URL,
    chain:
      env.DEHUG_RPC_URL && deployment
        ? {
            rpcUrl: env.DEHUG_RPC_URL,
            deployment: /^\d+$/.test(deployment) ? Number(deployment) : deployment,
            relayerKey: env.DEHUG_RELAYER_KEY as Hex | undefined,
          }
        : undefined,
    seedFile: env.DEHUG_SEED,
    searchModel: env.DEHUG_SEARCH_MODEL || undefined,
    privateWebhooks: env.DEHUG_WEBHOOKS_PRIVATE === '1',
    rates: {
      api: rateOf('DEHUG_HUB_API_RATE', env, defaultLimits.rates.api),
      resolvers: rateOf('DEHUG_HUB_FILES_RATE', env, defaultLimits.rates.resolvers),
    },
    logLevel: env.DEHUG_LOG_LEVEL,
  }
}

const portOf = (text: string): number => {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port
  throw new BadInput(`DEHUG_HUB_PORT is "${text}"; expected a port number.`, { code: 'bad_port' })
}

/** `1000/300`: a thousand requests in 300 seconds. */
const rateOf = (name: string, env: NodeJS.ProcessEnv, fallback: Rate): Rate => {
  const text = env[name]
  if (text === undefined) return fallback
  const [, requests, seconds] = /^([1-9]\d{0,8})\/([1-9]\d{0,4})$/.exec(text) ?? []
  if (requests && seconds) return { requests: Number(requests), seconds: Number(seconds) }
  throw new BadInput(`${name} is "${text}"; expected requests and seconds, such as "1000/300".`, { code: 'bad_rate' })
}
