import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import pg from 'pg'
import type { Deployment } from '../../chain/index.ts'
import { environment } from '../config.ts'
import type { Home } from './Home.ts'
import type { Role } from './Supervisor.ts'
import { spawnRole } from './spawn-role.ts'

/** The checkout (or installed package) that this code runs from. */
export const packageRoot = resolve(import.meta.dirname, '../../..')

const startTimeoutMs = 90_000
const stopTimeoutMs = 15_000

/** A role of our own: `dehug <verb> --home <dir>`, ready when its health route answers 200. */
export function ourRole(
  home: Home,
  options: { verb: string; name: string; url: string; health: string; heapMegabytes?: number },
): Role {
  const { verb, name, url, health, heapMegabytes = 256 } = options
  const bin = join(packageRoot, 'bin/dehug.mjs')
  return {
    name,
    stopSignal: 'SIGTERM',
    launch: () =>
      spawnRole({
        name,
        command: process.execPath,
        args: [`--max-old-space-size=${heapMegabytes}`, bin, verb, '--home', home.dir, '--name', name],
        cwd: packageRoot,
        env: { ...environment(), ORT_DISABLE_TELEMETRY: '1' },
        logDir: home.logs,
        stopSignal: 'SIGTERM',
        ready: async () => (await fetch(`${url}${health}`, { signal: AbortSignal.timeout(5000) })).ok,
        readyTimeoutMs: startTimeoutMs,
        stopTimeoutMs,
      }),
  }
}

export type IndexerOptions = {
  databaseUrl: string
  rpcUrl: string
  deploymentPath: string
  deployment: Deployment.Deployment
  port: number
}

/** The command line of Ponder over `indexer/`; its schema changes with its code and the contracts it reads. */
export function indexerCommand(options: IndexerOptions): {
  command: string
  args: string[]
  env: Record<string, string | undefined>
} {
  const ponder = join(packageRoot, 'node_modules/ponder/dist/esm/bin/ponder.js')
  const args = [
    'start',
    '--root',
    'indexer',
    '--schema',
    indexerSchema(options.deployment),
    '--views-schema',
    'onchain',
  ]
  return {
    command: process.execPath,
    args: [
      '--max-old-space-size=256',
      ponder,
      ...args,
      '--port',
      String(options.port),
      '--hostname',
      '127.0.0.1',
      '--log-level',
      'warn',
    ],
    env: {
      ...environment(),
      DATABASE_URL: options.databaseUrl,
      DEHUG_RPC_URL: options.rpcUrl,
      DEHUG_DEPLOYMENT: options.deploymentPath,
      PONDER_TELEMETRY_DISABLED: 'true',
    },
  }
}

/** Changed handlers on a used schema are refused by Ponder, so each build and deployment has its own. */
export function indexerSchema(deployment: Deployment.Deployment): string {
  const hash = createHash('sha256').update(JSON.stringify(deployment))
  for (const path of ['indexer', 'src/chain/abi'].flatMap((folder) => sourcesBelow(join(packageRoot, folder)))) {
    hash.update(readFileSync(path))
  }
  return `idx_${hash.digest('hex').slice(0, 12)}`
}

const sourcesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && entry.name !== 'ponder-env.d.ts')
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/node_modules|generated|\.ponder/.test(path))
    .sort()

/** Ponder, ready when it has caught up. What it wrote with other code is dropped: all of it comes from the chain again. */
export function indexerRole(home: Home, options: IndexerOptions): Role {
  const spawn = async () => {
    await onDatabase(options, unlock)
    return spawnRole({
      name: 'indexer',
      ...indexerCommand(options),
      cwd: packageRoot,
      logDir: home.logs,
      stopSignal: 'SIGTERM',
      ready: async () =>
        (await fetch(`http://127.0.0.1:${options.port}/ready`, { signal: AbortSignal.timeout(5000) })).ok,
      readyTimeoutMs: startTimeoutMs,
      stopTimeoutMs,
    })
  }
  const launch = () =>
    spawn().catch(async (error: Error) => {
      if (!error.message.includes('previously used by a different Ponder app')) throw error
      await onDatabase(options, (client, schema) => client.query(`drop schema if exists ${schema} cascade`))
      return spawn()
    })
  return { name: 'indexer', stopSignal: 'SIGTERM', launch }
}

type Work = (client: pg.Client, schema: string) => Promise<unknown>

async function onDatabase({ databaseUrl, deployment }: IndexerOptions, work: Work): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await work(client, indexerSchema(deployment))
  } finally {
    await client.end()
  }
}

/** Ponder keeps its schema locked after it ended and would wait 25 s; nobody else runs it on this database. */
const unlock: Work = async (client, schema) => {
  const meta = `${schema}._ponder_meta`
  const { rows } = await client.query('select to_regclass($1) as found', [meta])
  if (!rows[0]?.found) return
  await client.query(`update ${meta} set value = jsonb_set(value::jsonb, '{is_locked}', '0') where key = 'app'`)
}
