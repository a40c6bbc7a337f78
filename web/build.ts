import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '..')
const output = join(here, '.next')

/** What the bundle is made of; a change of any makes a new one. */
const sources = ['web', 'src/core', 'src/sdk', 'src/wire', 'src/chain', 'src/store', 'docs', 'package-lock.json']
const ignored = /(^|\/)(\.next|node_modules|next-env\.d\.ts|tsconfig\.tsbuildinfo)($|\/)|\.test\.tsx?$|\.bench\.ts$/

/** Builds the web app unless the present build is of the present sources. One process builds, the others wait. Throws `Error`. */
export async function buildWeb(): Promise<{ built: boolean }> {
  const wanted = await digestOf(sources)
  if (await isBuilt(wanted)) return { built: false }
  const unlock = await lock(join(here, '.next.lock'))
  try {
    if (await isBuilt(wanted)) return { built: false }
    await rm(join(output, 'built'), { force: true })
    await runNext()
    await writeFile(join(output, 'built'), wanted)
    return { built: true }
  } finally {
    await unlock()
  }
}

const isBuilt = async (wanted: string): Promise<boolean> =>
  (await readFile(join(output, 'built'), 'utf8').catch(() => '')) === wanted

async function digestOf(paths: string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const path of (await Promise.all(paths.map(filesOf))).flat().sort()) {
    hash.update(`${path}\0`).update(await readFile(join(root, path)))
  }
  return hash.digest('hex')
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

async function runNext(): Promise<void> {
  const bin = join(root, 'node_modules/next/dist/bin/next')
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' as const }
  const child = spawn(process.execPath, [bin, 'build'], { cwd: here, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said = (said + chunk).slice(-8000)))
  const code = await new Promise<number | null>((done, fail) => child.once('error', fail).once('close', done))
  if (code !== 0) throw new Error(`The web app could not be built:\n${said}`)
}

/** Held by a live process; one that is gone is passed over. */
async function lock(path: string): Promise<() => Promise<void>> {
  await mkdir(dirname(path), { recursive: true })
  for (;;) {
    const handle = await open(path, 'wx').catch((error) => {
      if (error.code === 'EEXIST') return undefined
      throw error
    })
    if (handle) {
      await handle.writeFile(String(process.pid))
      await handle.close()
      return () => rm(path, { force: true })
    }
    if (!isAlive(Number(await readFile(path, 'utf8').catch(() => '0')))) await rm(path, { force: true })
    else await sleep(300)
  }
}

function isAlive(pid: number): boolean {
  // Created and not written yet.
  if (pid === 0) return true
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
