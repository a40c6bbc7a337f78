import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/**
 * Names one running process, so that what it left behind can be told from what a living one still uses.
 * On Linux the start time and process namespace are part of it, since process numbers are used again.
 */
export type ProcessIdentity = { machine: string; pid: number; startedAt: string }

export function current(): ProcessIdentity {
  return { machine: machine(), pid: process.pid, startedAt: startOf('self') }
}

export function serialize({ machine, pid, startedAt }: ProcessIdentity): string {
  return `${machine}-${pid}-${startedAt}`
}

export function parse(text: string): ProcessIdentity | undefined {
  const [, machine, pid, startedAt] = /^(\w+)-(\d+)-(\d*)/.exec(text) ?? []
  return pid === undefined ? undefined : { machine: machine!, pid: Number(pid), startedAt: startedAt! }
}

/** Whether the process runs; undefined when it belongs to another machine or container. */
export function isAlive(identity: ProcessIdentity): boolean | undefined {
  if (identity.machine !== machine()) return undefined
  try {
    process.kill(identity.pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return startOf(identity.pid) === identity.startedAt
}

function machine(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').replaceAll('-', '').slice(0, 12)
    return `${boot}${readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')}`
  } catch {
    return hostname().replace(/\W/g, '') || 'localhost'
  }
}

function startOf(pid: number | 'self'): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}
