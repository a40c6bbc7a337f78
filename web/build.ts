import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { provide } from './Builds.ts'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '..')

/** What the bundle is made of; a change of any makes a new one. */
const sources = ['web', 'src/core', 'src/sdk', 'src/wire', 'src/chain', 'src/store', 'package-lock.json']
const ignored = /(^|\/)(\.next|node_modules|next-env\.d\.ts|tsconfig\.tsbuildinfo)($|\/)|\.test\.tsx?$|\.bench\.ts$/

/** Builds the web app unless a build of the present sources is there. One process builds, the others wait. Throws `Error`. */
export const buildWeb = (): Promise<{ built: boolean }> =>
  provide({ folder: join(here, '.next'), digest: () => digestOf(sources), make: runNext })

async function digestOf(paths: string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const path of (await Promise.all(paths.map(filesOf))).flat().sort()) {
    hash.update(`${path}\0`).update(await readFile(join(root, path)))
  }
  return hash.digest('hex').slice(0, 24)
}

async function filesOf(path: string): Promise<string[]> {
  const at = join(root, path)
  if (!(await stat(at)).isDirectory()) return [path]
  const entries = await readdir(at, { withFileTypes: true })
  const below = entries.map((entry) => {
    const child = `${path}/${entry.name}`
    if (ignored.test(child)) return []
    return entry.isDirectory() ? filesOf(child) : [child]
  })
  return (await Promise.all(below)).flat()
}

/** What Next says when a build whose starter was ended is still running; it holds Next's own lock. */
const isBusy = /Another next build process is already running/

async function runNext(): Promise<void> {
  for (;;) {
    const { code, said } = await spawnNext()
    if (code === 0) return
    if (!isBusy.test(said)) throw new Error(`The web app could not be built:\n${said}`)
    await sleep(1000)
  }
}

async function spawnNext(): Promise<{ code: number | null; said: string }> {
  const bin = join(root, 'node_modules/next/dist/bin/next')
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' as const }
  const child = spawn(process.execPath, [bin, 'build'], { cwd: here, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said = (said + chunk).slice(-8000)))
  const code = await new Promise<number | null>((done, fail) => child.once('error', fail).once('close', done))
  return { code, said }
}
