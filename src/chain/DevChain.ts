import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AnvilFailed, end, findLeftover, isAlive, optionOf, type Running, signal } from './AnvilProcess.ts'
import * as ChainState from './ChainState.ts'
import { devChainId } from './DevKeys.ts'
import { rpc } from './rpc.ts'

export type Options = {
  /** The state goes to `<home>/chain/state.json`, the process id to `<home>/run/anvil.pid`, the log to `<home>/logs/anvil.log`. */
  home: string
  /** 0 (default): any free port. */
  port?: number
  /** Fractions are allowed; default 1. */
  blockTimeSeconds?: number
}

/** A development chain (anvil) in a process of its own. */
export type DevChain = AsyncDisposable & {
  rpcUrl: string
  port: number
  pid: number
  /** Whether the process was there already, left by a supervisor that was killed. */
  adopted: boolean
  /** Resolves when the process has ended, for whatever reason. */
  exited: Promise<void>
  /** Saves the state and ends the process. */
  stop(): Promise<void>
}

/** Same as Base, so that a block holds a burst of transactions here as it does there. */
const blockGasLimit = 400_000_000

/**
 * Starts anvil on 127.0.0.1 with what `home` remembers, or adopts the one that still runs there. The state is kept on disk
 * after each block with transactions (within about 0.3 s), so that SIGKILL loses at most that. Throws `AnvilFailed` and `BrokenChainState`.
 */
export async function start(options: Options): Promise<DevChain> {
  const place = placesOf(options.home)
  const leftover = findLeftover(place.pidFile, place.state)
  if (leftover && fits(leftover, options)) {
    const port = Number(optionOf(leftover.args, '--port'))
    if (await answers(port)) return handle({ pid: leftover.pid, port, place, exited: watchPid(leftover.pid) })
  }
  if (leftover) await end(leftover.pid)
  ChainState.assertReadable(place.state)
  return await launch(options, place)
}

type Places = ReturnType<typeof placesOf>

const placesOf = (home: string) => ({
  state: resolve(home, 'chain/state.json'),
  pidFile: resolve(home, 'run/anvil.pid'),
  log: resolve(home, 'logs/anvil.log'),
})

const blockTimeOf = (options: Options) => String(options.blockTimeSeconds ?? 1)

const fits = ({ args }: Running, options: Options) =>
  (!options.port || optionOf(args, '--port') === String(options.port)) &&
  optionOf(args, '--block-time') === blockTimeOf(options)

async function launch(options: Options, place: Places): Promise<DevChain> {
  for (const path of Object.values(place)) mkdirSync(dirname(path), { recursive: true })
  // Another program may take a free port between the look and the start; then the next one is tried.
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort(options.port ?? 0).catch((cause) => {
      throw new AnvilFailed(`port ${options.port} is taken`, place.log, cause)
    })
    const child = spawnAnvil(port, blockTimeOf(options), place)
    const exited = new Promise<void>((done) => child.once('exit', () => done()).once('error', () => done()))
    // Before it is ready, so that a supervisor killed meanwhile leaves no process that its successor cannot find.
    if (child.pid) writeFileSync(place.pidFile, `${child.pid}\n`)
    if (await becameReady(child, port)) {
      await leaveGenesisBehind(port)
      return handle({ pid: child.pid as number, port, place, exited, child })
    }
    if (child.pid) await end(child.pid)
    if (options.port || attempt === 5) throw new AnvilFailed(lastLine(place.log), place.log)
  }
}

function spawnAnvil(port: number, blockTime: string, place: Places): ChildProcess {
  const log = openSync(place.log, 'a')
  // biome-ignore format: an option and its value belong on one line
  const args = [
    '--host', '127.0.0.1', '--port', String(port), '--chain-id', String(devChainId), '--block-time', blockTime,
    '--state', place.state, '--gas-limit', String(blockGasLimit),
    // Without these, states of old blocks fill memory and ~/.foundry by gigabytes.
    '--prune-history', '--enable-tx-gas-limit', '--no-request-size-limit', '--quiet',
  ]
  try {
    return spawn(anvilPath(), args, { detached: true, stdio: ['ignore', log, log] })
  } finally {
    closeSync(log)
  }
}

/** The anvil binary that npm installed. */
export function anvilPath(): string {
  const require = createRequire(import.meta.url)
  const name = `@foundry-rs/anvil-${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`
  return join(dirname(require.resolve(`${name}/package.json`)), 'bin/anvil')
}

const freePort = (wanted: number) =>
  new Promise<number>((done, failed) => {
    const server = createServer().once('error', failed)
    server.listen(wanted, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => done(port))
    })
  })

async function becameReady(child: ChildProcess, port: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < 60_000 && child.exitCode === null && child.signalCode === null; waitedMs += 20) {
    if (await answers(port)) return child.exitCode === null
    await sleep(20)
  }
  return false
}

const answers = (port: number) =>
  rpc(`http://127.0.0.1:${port}`, 'eth_chainId', [], 2_000).then(
    (id) => Number(id) === devChainId,
    () => false,
  )

async function watchPid(pid: number): Promise<void> {
  while (isAlive(pid)) await sleep(200, undefined, { ref: false })
}

const finalityBlocks = 30

/**
 * A chain that is loaded from its state has another genesis block than the one its first block names, so whoever
 * follows it must not have to go back there: indexers take what is {@link finalityBlocks} old for final.
 */
async function leaveGenesisBehind(port: number): Promise<void> {
  const url = `http://127.0.0.1:${port}`
  const missing = finalityBlocks + 10 - Number(await rpc(url, 'eth_blockNumber', []))
  if (missing > 0) await rpc(url, 'anvil_mine', [`0x${missing.toString(16)}`])
}

const lastLine = (log: string) =>
  (existsSync(log) ? readFileSync(log, 'utf8') : '').trim().split('\n').at(-1) || 'it ended without a word'

function handle(of: {
  pid: number
  port: number
  place: Places
  exited: Promise<void>
  child?: ChildProcess
}): DevChain {
  const { pid, port, place, exited } = of
  const rpcUrl = `http://127.0.0.1:${port}`
  const keeper = ChainState.persist({ rpcUrl, path: place.state })
  const onExit = () => signal(pid, 'SIGINT')
  process.once('exit', onExit)
  const gone = exited.then(async () => {
    process.off('exit', onExit)
    await keeper.stop()
  })
  of.child?.unref()
  const stop = async () => {
    await keeper.stop()
    await end(pid)
    await gone
    rmSync(place.pidFile, { force: true })
  }
  return { rpcUrl, port, pid, adopted: of.child === undefined, exited: gone, stop, [Symbol.asyncDispose]: stop }
}
