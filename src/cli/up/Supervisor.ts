import { setTimeout as sleep } from 'node:timers/promises'
import { Conflict, NotFound } from '../../core/index.ts'
import * as PidFile from './PidFile.ts'

/** A part of the network that is up. `exited` resolves when it is not any more, with how it ended where that is known. */
export type Running = { pid: number; exited: Promise<unknown>; stop(): Promise<void> }

/**
 * A part that can be started again and again; `launch` resolves once it is ready to serve. It tells the process id as
 * soon as there is one, so that the process can be ended before it is ready, by a later supervisor too.
 */
export type Role = {
  name: string
  launch: (onSpawn: (pid: number) => Promise<void>) => Promise<Running>
  /** How a leftover of this role is asked to end; absent where the role finds its own leftovers. */
  stopSignal?: 'SIGTERM' | 'SIGINT'
}

/** Keeps roles running until it is told to stop them, in the opposite order of their start. */
export type Supervisor = {
  /** Starts a role and keeps it alive. Rejects when its first start fails, or with {@link Stopping}. */
  start(role: Role): Promise<void>
  /** The process id of a role, undefined while it is down. */
  pid(name: string): number | undefined
  /** Resolves when the role is up (again). */
  ready(name: string): Promise<void>
  /** Sends a signal to a role's process, as an accident would; resolves when the process is gone. */
  kill(name: string, signal: NodeJS.Signals): Promise<void>
  /** Stops one role for good. */
  stop(name: string): Promise<void>
  stopAll(): Promise<void>
}

type Kept = {
  role: Role
  order: number
  running: Running | undefined
  /** A launch that has not ended yet. */
  launching: Promise<void> | undefined
  /** The process that is being launched. */
  spawned: number | undefined
  stopping: boolean
  up: Deferred
}

type Deferred = { promise: Promise<void>; resolve: () => void }

export type SupervisorOptions = {
  /** Folder of the pid files. */
  runDir: string
  /** Called with one sentence when a role dies or comes back. */
  log: (line: string) => void
  backOffMs?: (failures: number) => number
}

const leftoverTimeoutMs = 15_000
const steadyMs = 60_000

/** 200 ms after the first death, doubling up to 10 s while it keeps dying. */
export const backOffMs = (failures: number): number => Math.min(10_000, 200 * 2 ** failures)

/**
 * Takes the folder for this process, and ends what a killed supervisor left running in it.
 * Throws {@link AlreadyRunning} when another supervisor owns the folder.
 */
export async function open(options: SupervisorOptions): Promise<Supervisor> {
  const left = await PidFile.living(options.runDir)
  const other = left.find((file) => file.name === 'supervisor')
  if (other) throw new AlreadyRunning(options.runDir, other.pid)
  for (const file of left) {
    options.log(`stopping ${file.name} (process ${file.pid}), left over from an earlier run`)
    await PidFile.stop(file, leftoverTimeoutMs)
  }
  await PidFile.write(options.runDir, { name: 'supervisor', pid: process.pid, stopSignal: 'SIGTERM', order: -1 })
  return supervise(options)
}

function supervise(options: SupervisorOptions): Supervisor {
  const kept = new Map<string, Kept>()
  const find = (name: string): Kept => {
    const found = kept.get(name)
    if (!found) throw new NotFound(`No role is called ${name}.`, { hint: `There are: ${[...kept.keys()].join(', ')}.` })
    return found
  }
  // Should this process end without stopping them, by a second Ctrl-C or a fault of ours, nothing stays behind.
  const endAll = () => {
    for (const { role, running, spawned } of kept.values()) {
      const pid = running?.pid ?? spawned
      if (pid) PidFile.signal(role.stopSignal ? -pid : pid, role.stopSignal ? 'SIGKILL' : 'SIGINT')
    }
  }
  process.once('exit', endAll)
  // Adopted processes are watched without holding the event loop; this process must outlive them all.
  const alive = setInterval(() => {}, 60_000)
  let ending = false
  const stop = async (name: string) => {
    const entry = find(name)
    entry.stopping = true
    if (entry.spawned) PidFile.signal(entry.spawned, entry.role.stopSignal ?? 'SIGTERM')
    await entry.launching?.catch(() => undefined)
    await entry.running?.stop()
    if (entry.role.stopSignal) await PidFile.remove(options.runDir, name)
    kept.delete(name)
  }
  return {
    start: async (role) => {
      if (ending) throw new Stopping(role.name)
      const entry: Kept = {
        role,
        order: kept.size,
        running: undefined,
        launching: undefined,
        spawned: undefined,
        stopping: false,
        up: deferred(),
      }
      kept.set(role.name, entry)
      await launch(options, entry)
      void keepAlive(options, entry)
    },
    pid: (name) => find(name).running?.pid,
    ready: (name) => find(name).up.promise,
    kill: async (name, signal) => {
      const { running } = find(name)
      if (!running) return
      PidFile.signal(running.pid, signal)
      await running.exited
    },
    stop,
    stopAll: async () => {
      ending = true
      for (const name of [...kept.keys()].reverse()) await stop(name)
      process.off('exit', endAll)
      clearInterval(alive)
      await PidFile.remove(options.runDir, 'supervisor')
    },
  }
}

function launch(options: SupervisorOptions, entry: Kept, again = false): Promise<void> {
  entry.launching = launchNow(options, entry, again).finally(() => {
    entry.launching = undefined
    entry.spawned = undefined
  })
  return entry.launching
}

async function launchNow(options: SupervisorOptions, entry: Kept, again: boolean): Promise<void> {
  const { name, stopSignal } = entry.role
  const running = await entry.role.launch(async (pid) => {
    entry.spawned = pid
    if (stopSignal) await PidFile.write(options.runDir, { name, pid, stopSignal, order: entry.order })
    if (entry.stopping) PidFile.signal(pid, stopSignal ?? 'SIGTERM')
  })
  entry.running = running
  if (again) options.log(`${name} is up again (process ${running.pid})`)
  entry.up.resolve()
}

async function keepAlive(options: SupervisorOptions, entry: Kept): Promise<void> {
  const { name } = entry.role
  for (let failures = 0; ; ) {
    const upSince = Date.now()
    const how = await entry.running?.exited
    if (entry.stopping) return
    if (entry.running) entry.up = deferred()
    failures = Date.now() - upSince > steadyMs ? 0 : failures
    entry.running = undefined
    const waitMs = (options.backOffMs ?? backOffMs)(failures)
    options.log(`${name} ended${typeof how === 'string' ? ` (${how})` : ''}; starting it again in ${waitMs} ms`)
    await sleep(waitMs, undefined, { ref: false })
    if (entry.stopping) return
    failures += 1
    await launch(options, entry, true).catch((error: Error) => options.log(`${name}: ${error.message.split('\n')[0]}`))
  }
}

function deferred(): Deferred {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

/** Everything is being stopped, so nothing is started any more. */
export class Stopping extends Conflict {
  constructor(name: string) {
    super(`${name} is not started, because the network is being stopped.`, { code: 'stopping' })
  }
}

/** Two supervisors must not own one folder. */
export class AlreadyRunning extends Conflict {
  constructor(dir: string, pid: number) {
    super(`A network already runs in ${dir.replace(/\/run$/, '')} (process ${pid}).`, {
      code: 'already_running',
      hint: `Use it, stop it with: kill ${pid}, or choose another folder with --home.`,
    })
  }
}
