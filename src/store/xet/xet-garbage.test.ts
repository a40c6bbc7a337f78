import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DiskStore, XorbMissing } from '../index.ts'
import { fileOf, type TestXorb, xorbOf } from './testing/xorbs.ts'

let dir: string
let store: DiskStore
let now: number
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'xet-garbage-'))
  now = Date.now()
  store = await DiskStore.open({ dir, now: () => now })
})
afterEach(async () => {
  await store.close()
  await rm(dir, { recursive: true })
})

async function* one(bytes: Uint8Array) {
  yield bytes
}
const send = (xorb: TestXorb) => store.xorbs.put(xorb.hash, one(xorb.bytes))
const xorbOfSizes = (...sizes: number[]) => xorbOf(sizes.map((size) => randomBytes(size)))
const collect = (keep: string[] = []) => store.collectGarbage({ keep, graceMs: 1000, xorbGraceMs: 1000 })
const has = (xorb: TestXorb) =>
  stat(store.layout.xorb(xorb.hash)).then(
    () => true,
    () => false,
  )

test('behavior: xorbs go when no file needs them; one that is partly used stays, and it is said how much is unused', async () => {
  const shared = xorbOfSizes(10_000, 20_000, 30_000)
  const own = xorbOfSizes(5_000)
  const never = xorbOfSizes(7_000)
  for (const xorb of [shared, own, never]) await send(xorb)
  const kept = await store.xorbs.compose(fileOf([{ xorb: shared, start: 1, end: 2 }]))
  const gone = await store.xorbs.compose(
    fileOf([
      { xorb: shared, start: 0, end: 3 },
      { xorb: own, start: 0, end: 1 },
    ]),
  )
  expect(await collect([kept.cid])).toEqual({ deleted: [], bytes: 0, unusedBytes: 0 })
  now += 10_000
  const garbage = await collect([kept.cid])
  expect(garbage).toMatchObject({ deleted: [gone.cid], unusedBytes: 10_008 + 30_008 })
  expect(garbage.bytes).toBeGreaterThan(12_000)
  expect([await has(shared), await has(own), await has(never)]).toEqual([true, false, false])
  expect((await store.open(kept.cid)).readableLength).toBeDefined()
  await expect(store.stat(gone.cid)).rejects.toThrow('The store has no file')
  await expect(store.xorbs.compose(fileOf([{ xorb: own, start: 0, end: 1 }]))).rejects.toThrow(XorbMissing)
})

test('behavior: a broken off upload keeps its xorbs for a week', async () => {
  const xorb = xorbOfSizes(10_000)
  await send(xorb)
  now += 6 * 24 * 3_600_000
  await store.collectGarbage({ keep: [] })
  expect(await has(xorb)).toBe(true)
  now += 2 * 24 * 3_600_000
  await store.collectGarbage({ keep: [] })
  expect(await has(xorb)).toBe(false)
})

test('behavior: a whole copy of a file that is kept as chunks goes; the file stays', async () => {
  const chunks = [randomBytes(700_000), randomBytes(600_000)]
  const xorb = xorbOf(chunks.flatMap((chunk) => [chunk.subarray(0, 200_000), chunk.subarray(200_000, 400_000)]))
  await send(xorb)
  const { cid, size } = await store.xorbs.compose(fileOf([{ xorb, start: 0, end: 4 }]))
  const path = await store.path(cid)
  expect((await stat(path)).size).toBe(size)
  now += 10_000
  expect(await collect([cid])).toEqual({ deleted: [], bytes: size, unusedBytes: 0 })
  expect(await stat(path).catch(() => 'gone')).toBe('gone')
  expect(await store.stat(cid)).toMatchObject({ cid, size })
  expect((await (await store.open(cid)).toArray()).reduce((sum, { length }) => sum + length, 0)).toBe(size)
  now += 10_000
  expect((await collect()).deleted).toEqual([cid])
  expect(await namesIn('recipes')).toEqual([])
  expect(await namesIn('sidecars')).toEqual([])
  expect(await namesIn('xorbs')).toEqual([])
})

test('behavior: files that are put together meanwhile, by two handles on the store, always win', async () => {
  await using other = await DiskStore.open({ dir, now: () => now })
  const xorbs = Array.from({ length: 40 }, () => xorbOfSizes(3000, 4000))
  for (const xorb of xorbs) await send(xorb)
  now += 10_000
  let isDone = false
  const collecting = (async () => {
    while (!isDone) await collect()
  })()
  const results = await Promise.allSettled(
    xorbs.map(async (xorb, i) => {
      await delay(i % 7)
      const stored = await other.xorbs.compose(fileOf([{ xorb, start: 0, end: 2 }]))
      return (await (await other.open(stored.cid)).toArray()).length
    }),
  )
  isDone = true
  await collecting
  for (const result of results) {
    if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(XorbMissing)
  }
})

test('behavior: kill -9 while files are put together leaves whole ones or none', async () => {
  const child = new URL('./testing/crash-child.ts', import.meta.url)
  for (let round = 0; round < 2; round++) {
    const writer = fork(child, [dir], { execArgv: ['--import', 'tsx'] })
    await once(writer, 'message')
    await delay(30 + round * 100)
    writer.kill('SIGKILL')
    await once(writer, 'exit')
  }
  await using after = await DiskStore.open({ dir })
  expect(await readdir(join(dir, 'tmp'))).toEqual([])
  const cids = await namesIn('recipes')
  expect(cids.length).toBeGreaterThan(0)
  for (const cid of cids) {
    const { size } = await after.stat(cid)
    const pieces = await (await after.open(cid)).toArray()
    expect(Buffer.concat(pieces).length).toBe(size)
  }
})

async function namesIn(kind: string): Promise<string[]> {
  const folders = await readdir(join(dir, kind))
  return (await Promise.all(folders.map((folder) => readdir(join(dir, kind, folder))))).flat()
}
