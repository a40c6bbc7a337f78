import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

/** Where one network keeps everything it must not lose. */
export type Home = {
  dir: string
  chain: string
  postgres: string
  store: string
  run: string
  logs: string
  keys: string
  network: string
}

/** Names the places below `dir` and creates the folders. */
export async function open(dir: string): Promise<Home> {
  const root = resolve(dir)
  const home: Home = {
    dir: root,
    chain: join(root, 'chain'),
    postgres: join(root, 'pg'),
    store: join(root, 'store'),
    run: join(root, 'run'),
    logs: join(root, 'logs'),
    keys: join(root, 'keys'),
    network: join(root, 'network.json'),
  }
  for (const folder of [home.chain, home.store, home.run, home.logs]) await mkdir(folder, { recursive: true })
  await mkdir(home.keys, { recursive: true, mode: 0o700 })
  return home
}

/** A JSON file that a crash leaves either old or new, never cut. */
export async function writeJson(path: string, value: unknown, mode = 0o644): Promise<void> {
  const fresh = `${path}.${process.pid}.new`
  await writeFile(fresh, `${JSON.stringify(value, undefined, 2)}\n`, { mode })
  await rename(fresh, path)
}

/** The parsed file, or undefined where there is none. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return text === undefined ? undefined : JSON.parse(text)
}
