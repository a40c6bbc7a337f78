import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { access, cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hold, isAlive } from './Lock.ts'

export type Wish = {
  /** Folder with a folder for each build, named by what it is made of. */
  folder: string
  /** Digest of what a build is made of at present. */
  digest: () => Promise<string>
  /** Builds into `work` of the folder. */
  make: () => Promise<void>
}

/** Where the bundler works, and keeps what makes the next build quicker. Its result is copied. */
export const workName = 'work'

const pointer = 'current'
const finished = 'built'
const users = 'users'
const lockName = 'lock'
/** What of `work` no server reads. */
const forBuildsOnly = ['cache', 'dev', 'diagnostics', 'lock', 'trace', 'trace-build', 'types', 'build']

/**
 * Sees that a finished build of the present sources is there and is what the next server serves. One process builds at a
 * time, the others wait for it. Other builds stay while a server serves them.
 */
export async function provide({ folder, digest, make }: Wish): Promise<{ built: boolean }> {
  const wanted = await digest()
  if (await isChosen(folder, wanted)) return { built: false }
  await mkdir(folder, { recursive: true })
  const release = await hold(join(folder, lockName))
  try {
    if (await isChosen(folder, wanted)) return { built: false }
    await make()
    // Made of this and that where somebody wrote meanwhile: it can be served, and the next who asks builds again.
    const name = (await digest()) === wanted ? wanted : `${wanted}-${randomUUID()}`
    await keep(folder, name)
    await choose(folder, name)
    await prune(folder)
    return { built: true }
  } finally {
    await release()
  }
}

/** Chooses a build that is there. Looks after it has chosen, so that who prunes sees the choice or this sees no build. */
async function isChosen(folder: string, name: string): Promise<boolean> {
  if (!(await isFinished(folder, name))) return false
  await choose(folder, name)
  return isFinished(folder, name)
}

const isFinished = (folder: string, name: string): Promise<boolean> =>
  access(join(folder, name, finished)).then(
    () => true,
    () => false,
  )

async function choose(folder: string, name: string): Promise<void> {
  const written = join(folder, `${pointer}.${randomUUID()}`)
  await writeFile(written, name)
  await rename(written, join(folder, pointer))
}

/** Copies what was made to a folder of its own, which appears when it is whole. */
async function keep(folder: string, name: string): Promise<void> {
  const [work, partial] = [join(folder, workName), join(folder, `${name}.partial`)]
  await rm(partial, { recursive: true, force: true })
  await mkdir(join(partial, users), { recursive: true })
  for (const entry of await readdir(work)) {
    if (forBuildsOnly.includes(entry)) continue
    const options = { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE }
    await cp(join(work, entry), join(partial, entry), options)
  }
  await writeFile(join(partial, finished), '')
  await rm(join(folder, name), { recursive: true, force: true })
  await rename(partial, join(folder, name))
}

/** Removes what is not chosen, not served and not worked with. */
async function prune(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true })
  const kept = [workName, pointer, lockName]
  const others = entries.filter(({ name }) => !kept.includes(name.split('.')[0] as string))
  for (const entry of others) {
    const { name } = entry
    if (!entry.isDirectory()) await rm(join(folder, name), { force: true })
    if (!entry.isDirectory() || (await isWanted(folder, name))) continue
    // A server says that it serves a build and then looks whether it is finished: one of the two sees the other.
    const wasFinished = await isFinished(folder, name)
    await rm(join(folder, name, finished), { force: true })
    if (wasFinished && (await isWanted(folder, name))) await writeFile(join(folder, name, finished), '')
    else await rm(join(folder, name), { recursive: true, force: true })
  }
}

async function isWanted(folder: string, name: string): Promise<boolean> {
  if ((await readFile(join(folder, pointer), 'utf8').catch(() => '')) === name) return true
  const pids = await readdir(join(folder, name, users)).catch(() => [])
  return pids.some((pid) => isAlive(Number(pid)))
}
