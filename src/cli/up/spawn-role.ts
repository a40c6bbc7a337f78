import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Unavailable } from '../../core/index.ts'
import { signal } from './PidFile.ts'
import type { Running } from './Supervisor.ts'

export type RoleProcess = {
  name: string
  command: string
  args: string[]
  cwd: string
  env: Record<string, string | undefined>
  logDir: string
  stopSignal: 'SIGTERM' | 'SIGINT'
  /** Whether it answers; asked every 50 ms, errors count as no. */
  ready: () => Promise<boolean>
  readyTimeoutMs: number
  stopTimeoutMs: number
  /** Told the process id before it is ready. */
  onSpawn?: ((pid: number) => Promise<void>) | undefined
}

/**
 * Starts a process of its own session (Ctrl-C reaches only the supervisor), with stdout and stderr appended to its log.
 * Resolves once it is ready. Throws {@link RoleNotStarted} and leaves nothing behind.
 */
export async function spawnRole(role: RoleProcess): Promise<Running> {
  const logPath = join(role.logDir, `${role.name}.log`)
  const log = openSync(logPath, 'a', 0o600)
  const child = spawn(role.command, role.args, {
    cwd: role.cwd,
    env: role.env as NodeJS.ProcessEnv,
    stdio: ['ignore', log, log],
    detached: true,
  })
  closeSync(log)
  let ended: string | undefined
  const exited = new Promise<string>((done) => {
    const end = (how: string) => {
      ended = how
      if (child.pid !== undefined) signal(-child.pid, 'SIGKILL')
      done(how)
    }
    child.once('error', (error) => end(error.message))
    child.once('exit', (code, name) => end(name ? `it was ended by ${name}` : `it ended with code ${code}`))
  })
  const stop = async () => {
    if (ended === undefined && child.pid !== undefined) {
      child.kill(role.stopSignal)
      const timer = setTimeout(() => signal(child.pid as number, 'SIGKILL'), role.stopTimeoutMs)
      await exited
      clearTimeout(timer)
    }
  }
  if (child.pid !== undefined) await role.onSpawn?.(child.pid)
  const deadline = Date.now() + role.readyTimeoutMs
  while (!(await role.ready().catch(() => false))) {
    if (ended === undefined && Date.now() < deadline) {
      await sleep(50)
      continue
    }
    const why = ended ?? `it was not ready after ${role.readyTimeoutMs / 1000} s`
    await stop()
    throw new RoleNotStarted(role.name, why, logPath, await tail(logPath))
  }
  return { pid: child.pid as number, exited, stop }
}

/** The last lines of a log, for an error message. */
async function tail(path: string): Promise<string> {
  const handle = await open(path)
  try {
    const { size } = await handle.stat()
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2000), 0, 2000, Math.max(0, size - 2000))
    return buffer.subarray(0, bytesRead).toString('utf8').trim().split('\n').slice(-8).join('\n')
  } finally {
    await handle.close()
  }
}

/** A part of the network did not come up. */
export class RoleNotStarted extends Unavailable {
  constructor(name: string, why: string, logPath: string, lines: string) {
    super(`${name} did not start: ${why}.${lines ? `\n${lines}` : ''}`, {
      code: 'role_not_started',
      hint: `Read ${logPath}, and run \`dehug doctor\` to see what this machine lacks.`,
      retryable: false,
    })
  }
}
