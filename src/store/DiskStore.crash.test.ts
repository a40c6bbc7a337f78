import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { createHash, randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Cid } from '../core/index.ts'
import { DiskStore, StoreFull, verifyFile } from './index.ts'

const MiB = 1 << 20
let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'store-'))
})
afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
})

/** Runs code with `store` open on the test's folder in a process of its own. */
function inProcess(code: string) {
  const module = `import { DiskStore } from '${new URL('./index.ts', import.meta.url)}'
    import { randomBytes } from 'node:crypto'
    const store = await DiskStore.open({ dir: ${JSON.stringify(dir)} })
    ${code}`
  const execArgv = ['--import', 'tsx', '--input-type=module']
  return fork('-e', [module], { execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

async function visibleFiles(): Promise<string[]> {
  const folders = await readdir(join(dir, 'files'))
  return (await Promise.all(folders.map((folder) => readdir(join(dir, 'files', folder))))).flat()
}

describe('a killed process', () => {
  test('behavior: kill -9 while files are put leaves only whole files, all that were acknowledged, and nothing else', async () => {
    for (let round = 0; round < 3; round++) {
      const acknowledged: string[] = []
      const child = inProcess(`
        const one = async () => { for (;;) process.send((await store.put(randomBytes(Math.floor(Math.random() * 4 * ${MiB})))).cid) }
        await Promise.all([one(), one(), one()])`)
      const last = randomInt(1, 12)
      await new Promise<void>((resolve) => {
        child.on('message', (cid: string) => {
          acknowledged.push(cid)
          if (acknowledged.length === last) resolve()
        })
      })
      await end(child)

      await using store = await DiskStore.open({ dir })
      expect(await readdir(join(dir, 'tmp'))).toEqual([])
      const visible = await visibleFiles()
      expect(visible).toEqual(expect.arrayContaining(acknowledged))
      for (const cid of visible) {
        const { sha256 } = await verifyFile(await store.path(cid), cid)
        expect((await store.stat(cid)).sha256).toBe(sha256)
        expect((await store.findBySha256(sha256))?.cid).toBe(cid)
      }
    }
  })

  test('behavior: one that died in the middle of a large file shows nothing of it', async () => {
    const child = inProcess(`
      const endless = async function* () { for (;;) { yield randomBytes(${MiB}); process.send('more') } }
      await store.put(endless())`)
    for (let i = 0; i < 8; i++) await once(child, 'message')
    await end(child)
    expect((await readdir(join(dir, 'tmp'))).length).toBe(1)
    await using _ = await DiskStore.open({ dir })
    expect([await readdir(join(dir, 'tmp')), await visibleFiles()]).toEqual([[], []])
  })

  test('behavior: a lock whose holder died is taken over', async () => {
    await using store = await DiskStore.open({ dir })
    const child = inProcess('process.send(process.pid)')
    await once(child, 'message')
    const [name] = (await readdir(join(dir, 'locks'))).filter((one) => one.includes(`-${child.pid}-`))
    await writeFile(join(dir, 'locks', 'held'), name!.replace('.owner', ''))
    await end(child)
    await store.put(randomBytes(10))
  })

  test('behavior: what a living process is writing is not swept away by another that opens', async () => {
    await using store = await DiskStore.open({ dir })
    let go: () => void = () => {}
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    const bytes = randomBytes(3 * MiB)
    const slow = async function* () {
      yield bytes.subarray(0, 2 * MiB)
      await gate
      yield bytes.subarray(2 * MiB)
    }
    const putting = store.put(slow())
    const child = inProcess('process.send(1)')
    await once(child, 'message')
    go()
    expect((await putting).size).toBe(3 * MiB)
    await end(child)
  })
})

describe('two processes with one store', () => {
  test('behavior: what one puts the other serves at once, down to its chunks', async () => {
    await using store = await DiskStore.open({ dir })
    const own = randomBytes(2 * MiB)
    await store.put(own)
    await store.block(chunkCid(own.subarray(0, MiB)))
    const child = inProcess(`
      process.on('message', async (text) => { const { cid } = await store.put(Buffer.from(text, 'base64')); process.send(cid) })
      process.send('ready')`)
    await once(child, 'message')
    for (let i = 0; i < 3; i++) {
      const bytes = randomBytes(2 * MiB + i)
      child.send(bytes.toString('base64'))
      const [cid] = (await once(child, 'message')) as [string]
      expect((await store.stat(cid)).size).toBe(bytes.length)
      expect(
        Buffer.from(await store.block(chunkCid(bytes.subarray(MiB, 2 * MiB)))).equals(bytes.subarray(MiB, 2 * MiB)),
      ).toBe(true)
    }
    await end(child)
  })
})

const canMount = process.getuid?.() === 0 && mountWorks()

describe('a full disk', () => {
  test.skipIf(!canMount)('error: StoreFull, nothing left behind, and it works again with space', async () => {
    await mkdir(join(dir, 'small'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', join(dir, 'small')])
    try {
      await using store = await DiskStore.open({ dir: join(dir, 'small') })
      const first = await store.put(randomBytes(2 * MiB))
      await expect(store.put(randomBytes(8 * MiB))).rejects.toThrow(StoreFull)
      expect(await readdir(join(dir, 'small', 'tmp'))).toEqual([])
      expect((await store.stat(first.cid)).size).toBe(2 * MiB)
      expect((await store.put(randomBytes(2 * MiB))).size).toBe(2 * MiB)
    } finally {
      execFileSync('umount', [join(dir, 'small')])
    }
  })
})

function mountWorks(): boolean {
  const probe = execFileSync('mktemp', ['-d']).toString().trim()
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', probe], { stdio: 'ignore' })
    execFileSync('umount', [probe])
    return true
  } catch {
    return false
  }
}

const chunkCid = (bytes: Uint8Array) => Cid.toString(Cid.ofRaw(createHash('sha256').update(bytes).digest()))
