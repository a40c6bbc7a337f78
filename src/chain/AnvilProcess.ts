import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '../core/index.ts'

/** The command-line facts of a running anvil. */
export type Running = { pid: number; args: string[] }

/** The anvil that a pid file speaks of, if it still runs on that state file; a number that another program got since is not it. */
export function findLeftover(pidFile: string, statePath: string): Running | undefined {
  if (!existsSync(pidFile)) return undefined
  const pid = Number(readFileSync(pidFile, 'utf8').trim())
  if (!Number.isInteger(pid) || pid <= 1 || !isAlive(pid)) return undefined
  const args = argumentsOf(pid)
  return args?.[0]?.endsWith('anvil') && optionOf(args, '--state') === statePath ? { pid, args } : undefined
}

/** The value behind an option. */
export const optionOf = (args: string[], option: string): string | undefined => {
  const at = args.indexOf(option)
  return at < 0 ? undefined : args[at + 1]
}

function argumentsOf(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
  } catch {
    return undefined
  }
}

/** Whether a process with this number runs (a zombie does not). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Asks a process to end with SIGINT, on which anvil saves its state, and makes it end when it does not. */
export async function end(pid: number, timeoutMs = 10_000): Promise<void> {
  signal(pid, 'SIGINT')
  for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += 20) {
    if (!isAlive(pid)) return
    await sleep(20)
  }
  signal(pid, 'SIGKILL')
  for (let waitedMs = 0; waitedMs < 2_000 && isAlive(pid); waitedMs += 20) await sleep(20)
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It ended by itself in the meantime.
  }
}

/** The development chain's process could not be started. */
export class AnvilFailed extends Fault {
  constructor(why: string, log: string, cause?: unknown) {
    super(`The development chain did not start: ${why}.`, {
      code: 'anvil_failed',
      hint: `Look into ${log}; \`dehug doctor\` says what is missing on this machine.`,
      details: { log },
      cause,
    })
  }
}
