import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
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
  const folder = join(packageRoot, 'indexer')
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }).sort((a, b) =>
    join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1,
  )) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && path.endsWith('.ts') && !/generated|ponder-env|node_modules|\.ponder/.test(path))
      hash.update(readFileSync(path))
  }
  return `idx_${hash.digest('hex').slice(0, 12)}`
}

/** Ponder, ready when it has caught up. */
export function indexerRole(home: Home, options: IndexerOptions): Role {
  return {
    name: 'indexer',
    stopSignal: 'SIGTERM',
    launch: async () => {
      await unlock(options)
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
    },
  }
}

/** Ponder keeps its schema locked after it ended and would wait 25 s; nobody else runs it on this database. */
async function unlock({ databaseUrl, deployment }: IndexerOptions): Promise<void> {
  const { default: pg } = await import('pg')
  const schema = indexerSchema(deployment)
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query('select to_regclass($1) as found', [`${schema}._ponder_meta`])
    if (!rows[0]?.found) return
    await client.query(
      `update ${schema}._ponder_meta set value = jsonb_set(value::jsonb, '{is_locked}', '0') where key = 'app'`,
    )
  } finally {
    await client.end()
  }
}
