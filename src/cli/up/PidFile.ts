import { execFile } from 'node:child_process'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { readJson, writeJson } from './Home.ts'

/** A process that must not be lost: its id and start time, so that a recycled id is never mistaken for it. */
export type PidFile = { name: string; pid: number; startedAt: string; stopSignal: 'SIGTERM' | 'SIGINT'; order: number }

const run = promisify(execFile)

/** Text that differs between two processes of the same id; undefined when there is no such process (or only its zombie). */
export async function startTimeOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (stat !== undefined) {
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  }
  if (process.platform === 'linux') return undefined
  const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => ({ stdout: '' }))
  return stdout.trim() || undefined
}

export async function write(dir: string, file: Omit<PidFile, 'startedAt'>): Promise<void> {
  const startedAt = await startTimeOf(file.pid)
  if (startedAt !== undefined) await writeJson(join(dir, `${file.name}.pid`), { ...file, startedAt })
}

export const remove = (dir: string, name: string): Promise<void> => rm(join(dir, `${name}.pid`), { force: true })

/** The processes of `dir` that still run; files of those that ended are removed. Later started come first. */
export async function living(dir: string): Promise<PidFile[]> {
  const found: PidFile[] = []
  for (const entry of await readdir(dir).catch(() => [])) {
    if (!entry.endsWith('.pid')) continue
    const file = (await readJson(join(dir, entry)).catch(() => undefined)) as Partial<PidFile> | undefined
    // A bare number is the file of a role that looks after its own leftovers.
    if (typeof file?.pid !== 'number') continue
    if (await isAlive(file as PidFile)) found.push(file as PidFile)
    else await rm(join(dir, entry), { force: true })
  }
  return found.sort((a, b) => b.order - a.order)
}

export const isAlive = async (file: PidFile): Promise<boolean> => (await startTimeOf(file.pid)) === file.startedAt

/** Asks the process to end, then ends it and its process group. Resolves when it is gone. */
export async function stop(file: PidFile, timeoutMs: number): Promise<void> {
  signal(file.pid, file.stopSignal)
  const deadline = Date.now() + timeoutMs
  while (await isAlive(file)) {
    if (Date.now() > deadline) signal(file.pid, 'SIGKILL')
    await sleep(50)
  }
  signal(-file.pid, 'SIGKILL')
}

/** Sends a signal; a process (or, with a negative id, a group) that is gone already is fine. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
