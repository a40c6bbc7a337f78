import { createHash } from 'node:crypto'
import { appendFile, mkdir, readFile, rm, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Conflict, type Manifest } from '../core/index.ts'
import type { FileDigests } from './digest-file.ts'

/** What was found out about some content, and whether the target has it. */
export type Known = FileDigests & { size: number; tensors?: Manifest.Manifest['tensors'] | undefined; sent?: boolean }

/** Where a transfer keeps what it must not do twice: a journal, and the few files that are under way. */
export type WorkFolder = AsyncDisposable & {
  dir: string
  known(id: string): Known | undefined
  /** Appends one line at once, so that a killed process loses nothing. */
  remember(id: string, known: Known): Promise<void>
  /** Of content that is still arriving, and that arrived and was checked. */
  part(id: string): string
  whole(id: string): string
  /** Takes everything away; the transfer is done. */
  remove(): Promise<void>
}

/** Opens the folder of one transfer below `dir`, which `name` tells from others. Throws {@link AtWork} while another process uses it. */
export async function open(dir: string, name: string): Promise<WorkFolder> {
  const folder = join(dir, createHash('sha256').update(name).digest('hex').slice(0, 32))
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const lock = join(folder, 'lock')
  await take(lock)
  const journal = join(folder, 'journal.ndjson')
  const rows = read(await readFile(journal, 'utf8').catch(() => ''))
  return {
    dir: folder,
    known: (id) => rows.get(id),
    remember: async (id, known) => {
      rows.set(id, known)
      // Begins on a line of its own, whatever a killed process left behind.
      await appendFile(journal, `\n${JSON.stringify({ id, known })}`)
    },
    part: (id) => join(folder, `${fileName(id)}.part`),
    whole: (id) => join(folder, fileName(id)),
    remove: () => rm(folder, { recursive: true, force: true }),
    [Symbol.asyncDispose]: () => unlink(lock).catch(() => {}),
  }
}

const fileName = (id: string) => id.replace(/[^0-9a-z]/g, '-')

function read(text: string): Map<string, Known> {
  const rows = new Map<string, Known>()
  for (const line of text.split('\n')) {
    try {
      const { id, known } = JSON.parse(line) as { id: string; known: Known }
      if (typeof id === 'string' && typeof known.sha256 === 'string') rows.set(id, known)
    } catch {}
  }
  return rows
}

async function take(lock: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const taken = await writeFile(lock, String(process.pid), { flag: 'wx' }).then(
      () => true,
      () => false,
    )
    if (taken) return
    const holder = Number(await readFile(lock, 'utf8').catch(() => '0'))
    if (attempt > 2 || isAlive(holder)) throw new AtWork(holder)
    await unlink(lock).catch(() => {})
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM'
  }
}

/** The same transfer runs in another process. */
export class AtWork extends Conflict {
  constructor(pid: number) {
    super(`The same transfer runs already, in process ${pid}.`, {
      code: 'at_work',
      hint: 'Wait for it, or end it and run the command again.',
    })
  }
}
