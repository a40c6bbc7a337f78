import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Deployment } from '../src/chain/index.ts'
import { Unavailable } from '../src/core/index.ts'
import { dropAbandoned, forgetOtherChain, unlock } from './ponder-schema.ts'

export type IndexerOptions = {
  databaseUrl: string
  rpcUrl: string
  deployment: Deployment.Deployment
  /** 0: any free port. */
  port: number
  /** Keeps `run/indexer.json`, `run/indexer-deployment.json` and `logs/indexer.log`. */
  home: string
  /** How long catching up may take before it counts as failed; default 10 minutes. */
  timeoutMs?: number
}

/** A running indexer. Its rows are in the Postgres schema `onchain`, its GraphQL at `<url>/graphql`. */
export type Indexer = AsyncDisposable & {
  url: string
  port: number
  pid: number
  /** Where Ponder keeps the rows behind the views of `onchain`; named after everything that decides what they are. */
  schema: string
  /** Resolves when the process has ended, for whatever reason. */
  exited: Promise<void>
  /** Resolves once the given block (default: the chain's head now) is indexed. Throws `IndexerFailed`. */
  caughtUp(block?: bigint): Promise<void>
  stop(): Promise<void>
}

const here = dirname(fileURLToPath(import.meta.url))

/**
 * Starts Ponder on the database and resolves once it has caught up with the chain. One that an earlier, killed supervisor of
 * this home left running is ended first. Throws `IndexerFailed`.
 */
export async function startIndexer(options: IndexerOptions): Promise<Indexer> {
  const place = placesOf(options.home)
  const firstBlock = await rpc(options.rpcUrl, 'eth_getBlockByNumber', [hex(options.deployment.block), false])
  const chainMark = String((firstBlock as { hash?: string } | null)?.hash)
  const schema = schemaOf(options.deployment, chainMark)
  await endLeftover(place.record)
  if (options.deployment.chainId === 31337) await forgetOtherChain(options.databaseUrl, chainMark)
  if (recordOf(place.record)?.schema === schema) await unlock(options.databaseUrl, schema)
  Deployment.save(options.deployment, place.deployment)
  const port = options.port || (await freePort())
  const child = spawnPonder(options, { place, schema, port })
  writeFileSync(place.record, JSON.stringify({ pid: child.pid, schema }))
  const indexer = handle(options, { place, schema, port, child })
  try {
    await indexer.caughtUp()
  } catch (error) {
    await indexer.stop()
    throw error
  }
  await dropAbandoned(options.databaseUrl, schema)
  return indexer
}

type Places = ReturnType<typeof placesOf>

function placesOf(home: string) {
  const places = {
    record: resolve(home, 'run/indexer.json'),
    deployment: resolve(home, 'run/indexer-deployment.json'),
    log: resolve(home, 'logs/indexer.log'),
  }
  for (const path of Object.values(places)) mkdirSync(dirname(path), { recursive: true })
  return places
}

/** Other handlers, another deployment or another chain of the same id make other rows, which need a schema of their own. */
function schemaOf(deployment: Deployment.Deployment, chainMark: string): string {
  const hash = createHash('sha256').update(JSON.stringify(deployment)).update(chainMark).update(version())
  const abis = fileURLToPath(new URL('../src/chain/abi', import.meta.url))
  const folders = [here, join(here, 'schema'), join(here, 'src'), join(here, 'src/api'), abis]
  for (const folder of folders) {
    for (const name of readdirSync(folder).sort()) {
      const isSource = name.endsWith('.ts') && !name.endsWith('.d.ts') && !name.endsWith('.test.ts')
      if (isSource) hash.update(name).update(readFileSync(join(folder, name)))
    }
  }
  return `idx_${hash.digest('hex').slice(0, 16)}`
}

const hex = (block: number) => `0x${block.toString(16)}`
const ponder = fileURLToPath(new URL('bin/ponder.js', import.meta.resolve('ponder')))
const version = () =>
  readFileSync(resolve(ponder, '../../../../package.json'), 'utf8').match(/"version": "(.*)"/)?.[1] ?? ''

function spawnPonder(options: IndexerOptions, of: { place: Places; schema: string; port: number }): ChildProcess {
  const log = openSync(of.place.log, 'a')
  // biome-ignore format: an option and its value belong on one line
  const args = [
    '--max-old-space-size=256', ponder, 'start', '--root', here, '--schema', of.schema, '--views-schema', 'onchain',
    '--port', String(of.port), '--hostname', '127.0.0.1', '--log-level', 'info', '--log-format', 'json',
  ]
  const env = {
    ...process.env,
    DATABASE_URL: options.databaseUrl,
    DEHUG_RPC_URL: options.rpcUrl,
    DEHUG_DEPLOYMENT: of.place.deployment,
    DEHUG_INDEXER_CACHE: 'keep',
    PONDER_TELEMETRY_DISABLED: 'true',
  }
  try {
    return spawn(process.execPath, args, { env, detached: true, stdio: ['ignore', log, log] })
  } finally {
    closeSync(log)
  }
}

function handle(
  options: IndexerOptions,
  of: { place: Places; schema: string; port: number; child: ChildProcess },
): Indexer {
  const { place, schema, port, child } = of
  const pid = child.pid as number
  const url = `http://127.0.0.1:${port}`
  const exited = new Promise<void>((done) => child.once('exit', () => done()).once('error', () => done()))
  const hasExited = () => child.exitCode !== null || child.signalCode !== null
  const onExit = () => signal(pid, 'SIGTERM')
  process.once('exit', onExit)

  async function caughtUp(block?: bigint): Promise<void> {
    const goal = block ?? BigInt((await rpc(options.rpcUrl, 'eth_blockNumber', [])) as string)
    const timeoutMs = options.timeoutMs ?? 600_000
    for (const startedAtMs = Date.now(); Date.now() - startedAtMs < timeoutMs; await sleep(50)) {
      if (hasExited()) throw new IndexerFailed('it ended', place.log)
      const seen = await indexedBlock(url)
      if (seen && BigInt(seen.number) >= goal && (await isOnChain(options.rpcUrl, seen))) return
    }
    throw new IndexerFailed(`it did not reach block ${goal} in ${timeoutMs} ms`, place.log)
  }

  async function stop(): Promise<void> {
    process.off('exit', onExit)
    if (!hasExited()) await end(pid, exited)
    // Ponder keeps its lock even after a clean end, and the next one would wait for it.
    await unlock(options.databaseUrl, schema).catch(() => undefined)
    rmSync(place.record, { force: true })
  }
  return { url, port, pid, schema, exited, caughtUp, stop, [Symbol.asyncDispose]: stop }
}

type Block = { number: number; timestamp: number }

/** The newest block whose rows are visible; undefined while there is none. */
async function indexedBlock(url: string): Promise<Block | undefined> {
  try {
    const ready = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(5_000) })
    if (!ready.ok) return undefined
    const answer = await fetch(`${url}/status`, { signal: AbortSignal.timeout(5_000) })
    return ((await answer.json()) as { dehug?: { block?: Block } }).dehug?.block
  } catch {
    return undefined
  }
}

/** After a rewind the block may be one that the chain forgot and the indexer not yet: its successor has another time. */
async function isOnChain(rpcUrl: string, { number, timestamp }: Block): Promise<boolean> {
  const block = await rpc(rpcUrl, 'eth_getBlockByNumber', [hex(number), false]).catch(() => null)
  return Number((block as { timestamp?: string } | null)?.timestamp) === timestamp
}

const recordOf = (path: string) =>
  existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as { pid: number; schema: string }) : undefined

async function endLeftover(path: string): Promise<void> {
  const record = recordOf(path)
  if (!record || !commandOf(record.pid).includes(record.schema)) return
  await end(record.pid, goneOf(record.pid))
}

const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

async function goneOf(pid: number): Promise<void> {
  while (commandOf(pid) !== '') await sleep(20)
}

async function end(pid: number, gone: Promise<void>): Promise<void> {
  signal(pid, 'SIGTERM')
  const late = new AbortController()
  await Promise.race([gone, sleep(5_000, undefined, { signal: late.signal }).catch(() => undefined)])
  late.abort()
  signal(pid, 'SIGKILL')
  await gone
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It ended by itself in the meantime.
  }
}

async function rpc(url: string, method: string, params: unknown[]): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  return ((await answer.json()) as { result?: unknown }).result
}

const freePort = () =>
  new Promise<number>((done, failed) => {
    const server = createServer().once('error', failed)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => done(port))
    })
  })

/** The indexer does not follow the chain. */
export class IndexerFailed extends Unavailable {
  constructor(why: string, log: string) {
    super(`The indexer failed: ${why}.`, { code: 'indexer_failed', hint: `Look into ${log}.`, details: { log } })
  }
}
