import { randomBytes, randomInt } from 'node:crypto'
import { mkdtemp, open, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DiskStore, StoreDamaged } from '../index.ts'
import { fileOf, type Scheme, xorbOf } from './testing/xorbs.ts'

let dir: string
let store: DiskStore
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'composed-'))
  store = await DiskStore.open({ dir })
})
afterAll(async () => {
  await store.close()
  await rm(dir, { recursive: true })
})

/** A file out of two xorbs, by turns, a few chunks at a time. */
const make = async (scheme: Scheme) => {
  const chunks = Array.from({ length: 60 }, () =>
    Buffer.from(randomBytes(randomInt(1, 120_000)).map((byte) => byte & 3)),
  )
  const xorbs = [0, 1].map((i) => xorbOf(chunks.slice(i * 30, i * 30 + 30), scheme))
  for (const { hash, bytes } of xorbs) await store.xorbs.put(hash, [bytes] as never)
  const runs = Array.from({ length: 20 }, (_, i) => {
    const start = randomInt(0, 29)
    return { which: i % 2, start, end: randomInt(start + 1, 31) }
  })
  const whole = Buffer.concat(
    runs.flatMap(({ which, start, end }) => chunks.slice(which * 30 + start, which * 30 + end)),
  )
  return { xorbs, whole, file: fileOf(runs.map(({ which, start, end }) => ({ xorb: xorbs[which]!, start, end }))) }
}

test('behavior: many readers of any ranges at once each get their bytes', async () => {
  for (const scheme of ['plain', 'lz4', 'grouped'] as const) {
    const { whole, file } = await make(scheme)
    const { cid } = await store.xorbs.compose(file)
    const readers = Array.from({ length: 16 }, async () => {
      const start = randomInt(0, whole.length)
      const end = randomInt(start, whole.length + 1)
      const bytes = Buffer.concat(await (await store.open(cid, { start, end })).toArray())
      expect(bytes.equals(whole.subarray(start, end)), `${scheme} ${start} to ${end}`).toBe(true)
    })
    await Promise.all(readers)
  }
})

test('error: a file that would use a damaged chunk is not stored', async () => {
  const { xorbs, file } = await make('plain')
  const disk = await open(store.layout.xorb(xorbs[0]!.hash), 'r+')
  const { terms } = file
  const used = terms.find(({ xorb }) => xorb === xorbs[0]!.hash)!
  const at = xorbs[0]!.leaves.slice(0, used.start).reduce((sum, { size }) => sum + 8 + size, 8)
  await disk.write(Buffer.from([255]), 0, 1, at)
  await disk.close()
  const before = await readdir(store.layout.kinds.recipes, { recursive: true })
  await expect(store.xorbs.compose(file)).rejects.toThrow(StoreDamaged)
  expect(await readdir(store.layout.kinds.recipes, { recursive: true })).toEqual(before)
})
