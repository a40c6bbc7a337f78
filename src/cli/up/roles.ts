import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Deployment } from '../../chain/index.ts'
import { environment } from '../config.ts'
import type { Home } from './Home.ts'
import type { Role, Running } from './Supervisor.ts'
import { spawnRole } from './spawn-role.ts'

/** The checkout (or installed package) that this code runs from. */
export const packageRoot = resolve(import.meta.dirname, '../../..')

const startTimeoutMs = 90_000
const stopTimeoutMs = 15_000

/** What a role says at `/healthz`. */
export type Health = Record<string, unknown>

export type OurRole = {
  verb: string
  name: string
  url: string
  /** Whether it is this role that answers, and not another program on its port. */
  isReady: (health: Health) => boolean
  heapMegabytes?: number
}

/** A role of our own: `dehug <verb> --home <dir>`. */
export function ourRole(home: Home, options: OurRole): Role {
  const { verb, name, url, isReady, heapMegabytes = 256 } = options
  const bin = join(packageRoot, 'bin/dehug.mjs')
  return {
    name,
    stopSignal: 'SIGTERM',
    launch: (onSpawn) =>
      spawnRole({
        name,
        onSpawn,
        command: process.execPath,
        args: [`--max-old-space-size=${heapMegabytes}`, bin, verb, '--home', home.dir, '--name', name],
        cwd: packageRoot,
        env: { ...environment(), ORT_DISABLE_TELEMETRY: '1' },
        logDir: home.logs,
        stopSignal: 'SIGTERM',
        ready: () => isHealthy(url, isReady),
        readyTimeoutMs: startTimeoutMs,
        stopTimeoutMs,
      }),
  }
}

export type WebOptions = { url: string; endpoint: string; rpcUrl: string }

/** The web app, which is a project of its own beside `src/`; it must be built. */
export function webRole(home: Home, { url, endpoint, rpcUrl }: WebOptions): Role {
  const { hostname, port } = new URL(url)
  const settings = { HOST: hostname, PORT: port, DEHUG_ENDPOINT: endpoint, DEHUG_RPC_URL: rpcUrl }
  return {
    name: 'web',
    stopSignal: 'SIGTERM',
    launch: (onSpawn) =>
      spawnRole({
        name: 'web',
        onSpawn,
        command: process.execPath,
        args: ['--max-old-space-size=512', join(packageRoot, 'web/server.mjs'), '--home', home.dir],
        cwd: packageRoot,
        env: { ...environment(), NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', ...settings },
        logDir: home.logs,
        stopSignal: 'SIGTERM',
        ready: () => isHealthy(url, ({ role }) => role === 'web'),
        readyTimeoutMs: startTimeoutMs,
        stopTimeoutMs,
      }),
  }
}

/** Makes the web app's bundle unless the present one is of the present sources. */
export const buildWeb = async (): Promise<{ built: boolean }> => {
  const path = pathToFileURL(join(packageRoot, 'web/build.ts')).href
  return ((await import(path)) as { buildWeb: () => Promise<{ built: boolean }> }).buildWeb()
}

const isHealthy = async (url: string, isReady: (health: Health) => boolean): Promise<boolean> => {
  const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(5000) })
  return answer.ok && isReady((await answer.json()) as Health)
}

export type IndexerOptions = {
  databaseUrl: string
  rpcUrl: string
  deployment: Deployment.Deployment
  port: number
  home: string
}

type StartIndexer = (options: IndexerOptions) => Promise<Running & { url: string }>

/** Starts Ponder over `indexer/`, which is a project of its own beside `src/`; resolves when it has caught up. */
export const startIndexer: StartIndexer = async (options) => {
  const path = pathToFileURL(join(packageRoot, 'indexer/start.ts')).href
  const indexer = (await import(path)) as { startIndexer: StartIndexer }
  return indexer.startIndexer(options)
}

/** The indexer as a role; it finds its own leftovers. */
export const indexerRole = (options: IndexerOptions): Role => ({ name: 'indexer', launch: () => startIndexer(options) })
