import { randomUUID } from 'node:crypto'
import { link, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const beatMs = 2000
const lookMs = 300
/** How long a holder may be silent, as the one who waits sees it: clocks are not compared. */
const silenceMs = 30_000

/**
 * Waits until no other process holds the file, and holds it until the returned function is called. Whoever was ended while
 * it held the file is passed over at once; one whose number another process has now, after half a minute of silence.
 */
export async function hold(path: string): Promise<() => Promise<void>> {
  const id = randomUUID()
  const mine = `${path}.${id}`
  const said = `${process.pid} ${id}`
  await writeFile(mine, said)
  try {
    while (!(await place(mine, path))) await ended(path)
  } finally {
    await rm(mine, { force: true })
  }
  const beat = setInterval(() => {
    const now = new Date()
    utimes(path, now, now).catch(() => undefined)
  }, beatMs)
  return async () => {
    clearInterval(beat)
    // Not another's, who took this one's silence for its end.
    if ((await readFile(path, 'utf8').catch(() => undefined)) === said) await rm(path, { force: true })
  }
}

/** The file appears with its content, or not at all. */
const place = (from: string, to: string): Promise<boolean> =>
  link(from, to).then(
    () => true,
    (error) => {
      if (error.code === 'EEXIST') return false
      throw error
    },
  )

/** Resolves when the file is gone; removes it when nobody holds it any more. */
async function ended(path: string): Promise<void> {
  let heard = { at: performance.now(), beat: -1 }
  for (;;) {
    const [holder, facts] = await Promise.all([readFile(path, 'utf8'), stat(path)]).catch(() => [])
    if (holder === undefined || facts === undefined) return
    if (facts.mtimeMs !== heard.beat) heard = { at: performance.now(), beat: facts.mtimeMs }
    const isSilent = performance.now() - heard.at > silenceMs
    if (isSilent || !isAlive(Number.parseInt(holder, 10))) return removeLeft(path, holder)
    await sleep(lookMs)
  }
}

/** One process at a time removes what another left, so that none removes the file of a new holder. */
async function removeLeft(path: string, holder: string): Promise<void> {
  const broom = `${path}.broom`
  if (!(await placeNew(broom))) return removeOld(broom)
  try {
    if ((await readFile(path, 'utf8').catch(() => undefined)) === holder) await rm(path, { force: true })
  } finally {
    await rm(broom, { force: true })
  }
}

const placeNew = (path: string): Promise<boolean> =>
  writeFile(path, '', { flag: 'wx' }).then(
    () => true,
    () => false,
  )

/** Held for some milliseconds, unless whoever took it was ended within them. */
async function removeOld(path: string): Promise<void> {
  await sleep(lookMs)
  const facts = await stat(path).catch(() => undefined)
  if (facts && Date.now() - facts.mtimeMs > silenceMs) await rm(path, { force: true })
}

/** Whether a process of this number runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
