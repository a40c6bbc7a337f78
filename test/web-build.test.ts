import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { provide } from '../web/Builds.ts'

const roots: string[] = []
let folder: string

beforeEach(async () => {
  const root = await mkdtemp(join(tmpdir(), 'dehug-web-build-'))
  roots.push(root)
  folder = join(root, 'builds')
})

afterAll(() => Promise.all(roots.map((root) => rm(root, { recursive: true, force: true }))))

/** A bundler whose bundle is one file that names the sources it was made of. */
const bundler = (sources: () => string) => {
  const work = join(folder, 'work')
  let runs = 0
  return {
    runs: () => runs,
    wish: {
      folder,
      digest: async () => sources(),
      make: async () => {
        runs += 1
        await mkdir(join(work, 'cache'), { recursive: true })
        await writeFile(join(work, 'page.js'), sources())
      },
    },
  }
}

const served = async () => {
  const name = await readFile(join(folder, 'current'), 'utf8')
  return { name, page: await readFile(join(folder, name, 'page.js'), 'utf8') }
}
const builds = async () => (await readdir(folder)).filter((name) => !['work', 'current'].includes(name)).sort()

const at = (path: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, '..', path)).href)

/** Runs a module in a process of its own; resolves when it has said its first word. */
async function program(code: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout as NodeJS.ReadableStream, 'data')
  return child
}

const end = async (child: ChildProcess, signal: NodeJS.Signals) => {
  child.kill(signal)
  await once(child, 'exit')
}

/** A server of the build that is chosen. */
const server = () =>
  program(`import { claimBuild } from ${at('web/server/claim-build.mjs')}
console.log(await claimBuild(${JSON.stringify(folder)}))
process.once('SIGTERM', () => process.exit(0))
setInterval(() => {}, 1000)`)

test('behavior: the same sources are built once, also for those who ask at the same time', async () => {
  const { wish, runs } = bundler(() => 'one')
  const answers = await Promise.all([provide(wish), provide(wish), provide(wish)])
  expect(answers.map(({ built }) => built).sort()).toEqual([false, false, true])
  expect(await provide(wish)).toEqual({ built: false })
  expect(runs()).toBe(1)
  expect(await served()).toEqual({ name: 'one', page: 'one' })
  expect((await readdir(join(folder, 'one'))).sort()).toEqual(['built', 'page.js', 'users'])
})

test('behavior: a server keeps the build it serves, until it ends', async () => {
  let sources = 'one'
  const { wish } = bundler(() => sources)
  await provide(wish)
  const first = await server()
  sources = 'two'
  await provide(wish)
  expect(await builds()).toEqual(['one', 'two'])
  expect(await readFile(join(folder, 'one/page.js'), 'utf8')).toBe('one')
  expect(await served()).toEqual({ name: 'two', page: 'two' })
  sources = 'three'
  await provide(wish)
  expect(await builds()).toEqual(['one', 'three'])
  await end(first, 'SIGTERM')
  expect(await readdir(join(folder, 'one/users'))).toEqual([])
  sources = 'four'
  await provide(wish)
  expect(await builds()).toEqual(['four'])
})

test('behavior: a server that was killed keeps nothing', async () => {
  let sources = 'one'
  const { wish } = bundler(() => sources)
  await provide(wish)
  await end(await server(), 'SIGKILL')
  sources = 'two'
  await provide(wish)
  expect(await builds()).toEqual(['two'])
})

test('behavior: a build that was killed leaves nothing that looks finished, and holds nobody up', async () => {
  const builder = await program(`import { mkdir, writeFile } from 'node:fs/promises'
import { provide } from ${at('web/Builds.ts')}
const folder = ${JSON.stringify(folder)}
await provide({
  folder,
  digest: async () => 'one',
  make: async () => {
    await mkdir(folder + '/work', { recursive: true })
    await writeFile(folder + '/work/page.js', 'half')
    console.log('working')
    await new Promise(() => setInterval(() => {}, 1000))
  },
})`)
  const { wish, runs } = bundler(() => 'one')
  const waiting = provide(wish)
  await end(builder, 'SIGKILL')
  expect(await waiting).toEqual({ built: true })
  expect(runs()).toBe(1)
  expect(await served()).toEqual({ name: 'one', page: 'one' })
})

test('behavior: sources that changed during the build are built by the next who asks', async () => {
  let sources = 'one'
  const { wish, runs } = bundler(() => sources)
  const make = async () => {
    await wish.make()
    sources = 'two'
  }
  await provide({ ...wish, make })
  expect((await served()).name).toMatch(/^one-/)
  expect(await provide(wish)).toEqual({ built: true })
  expect(runs()).toBe(2)
  expect(await served()).toEqual({ name: 'two', page: 'two' })
  expect(await builds()).toEqual(['two'])
})

test('error: a build that fails says so, and the one before stays', async () => {
  let sources = 'one'
  const { wish } = bundler(() => sources)
  await provide(wish)
  sources = 'broken'
  const make = async () => {
    throw new Error('The web app could not be built: a comma is missing.')
  }
  await expect(provide({ ...wish, make })).rejects.toThrow('a comma is missing')
  expect(await builds()).toEqual(['one'])
  expect(await served()).toEqual({ name: 'one', page: 'one' })
})

test('error: a server without a build says how to make one', async () => {
  const path = pathToFileURL(join(import.meta.dirname, '../web/server/claim-build.mjs')).href
  const { claimBuild } = (await import(path)) as { claimBuild: (folder: string) => Promise<string> }
  await expect(claimBuild(folder)).rejects.toThrow('The web app is not built: run npm run build.')
})
