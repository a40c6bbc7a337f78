import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Cid } from '../core/index.ts'
import { DiskStore, NotStored } from './index.ts'

const MiB = 1 << 20
let dir: string
let store: DiskStore

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'store-'))
  store = await DiskStore.open({ dir })
})
afterEach(async () => {
  await store.close()
  await rm(dir, { recursive: true })
})

/** Makes all that is stored look two hours old. */
async function age(): Promise<void> {
  for (const kind of ['files', 'nodes', 'sidecars']) {
    for (const folder of await readdir(join(dir, kind))) {
      for (const name of await readdir(join(dir, kind, folder))) {
        const then = Date.now() / 1000 - 7200
        await utimes(join(dir, kind, folder, name), then, then)
      }
    }
  }
}
const has = (cid: string) =>
  store.block(cid).then(
    () => true,
    () => false,
  )
const put = async (size = 100) => (await store.put(randomBytes(size))).cid

describe('collectGarbage', () => {
  test('behavior: deletes what is old and unreferenced, keeps pins, keep, directories and all in them', async () => {
    const [pinned, kept, unwanted, inside, deep] = [
      await put(),
      await put(),
      await put(),
      await put(),
      await put(2 * MiB),
    ]
    const large = await put(3 * MiB)
    const folder = await store.putDirectory([
      { path: 'a/x', cid: inside },
      { path: 'a/b/y', cid: deep },
    ])
    await store.pin(pinned, 'model:a/b@1')
    await store.pin(folder.cid, 'model:a/b@1')
    await age()
    const young = await put()
    const garbage = await store.collectGarbage({ keep: [kept] })
    expect(new Set(garbage.deleted)).toEqual(new Set([unwanted, large]))
    expect(garbage.bytes).toBe(100 + 3 * MiB)
    expect(await Promise.all([pinned, kept, unwanted, inside, deep, large, young, folder.cid].map(has))).toEqual([
      true,
      true,
      false,
      true,
      true,
      false,
      true,
      true,
    ])
    expect((await readdir(join(dir, 'sidecars'))).length).toBe(2)
    await store.unpin('model:a/b@1')
    await age()
    expect((await store.collectGarbage({ keep: [] })).deleted).toHaveLength(8)
    for (const kind of ['files', 'nodes', 'sidecars', 'sha256']) {
      for (const one of await readdir(join(dir, kind))) expect(await readdir(join(dir, kind, one)), kind).toEqual([])
    }
  })

  test('behavior: pins survive reopening; several refs each hold; unpinning an unknown ref is nothing', async () => {
    const cid = await put()
    await store.pin(cid, 'one')
    await store.pin(cid, 'two')
    await store.unpin('one')
    await store.unpin('never')
    await store.close()
    store = await DiskStore.open({ dir })
    await age()
    expect((await store.collectGarbage({ keep: [] })).deleted).toEqual([])
    await store.unpin('two')
    expect((await store.collectGarbage({ keep: [] })).deleted).toEqual([cid])
  })

  test('behavior: putting again what is there makes it young', async () => {
    const bytes = randomBytes(2 * MiB)
    const { cid } = await store.put(bytes)
    await age()
    await store.put(bytes)
    expect((await store.collectGarbage({ keep: [] })).deleted).toEqual([])
    expect(await has(cid)).toBe(true)
  })

  test('behavior: puts and pins at the same time, from two handles on the store, always win', async () => {
    await using other = await DiskStore.open({ dir })
    for (let round = 0; round < 6; round++) {
      const contents = Array.from({ length: 60 }, (_, i) => randomBytes(i % 6 === 0 ? MiB + i : 50 + i))
      const cids: string[] = []
      for (const bytes of contents) cids.push((await store.put(bytes)).cid)
      await age()
      const collecting = store.collectGarbage({ keep: [] })
      const outcomes = await Promise.all(
        cids.map(async (cid, i) => {
          if (i % 3 === 0) return 'left'
          if (i % 3 === 1) return await other.put(contents[i]!).then(() => 'kept')
          return await other.pin(cid, `ref-${round}-${i}`).then(
            () => 'kept',
            (error: unknown) => {
              expect(error).toBeInstanceOf(NotStored)
              return 'gone'
            },
          )
        }),
      )
      await collecting
      const there = await Promise.all(
        cids.map((cid) =>
          other.stat(cid).then(
            () => 'kept',
            () => 'gone',
          ),
        ),
      )
      for (const [i, outcome] of outcomes.entries()) {
        if (outcome !== 'left') expect(there[i], `${round}:${i}`).toBe(outcome)
        if (there[i] === 'kept' && contents[i]!.length > MiB) {
          const leaf = Cid.toString(Cid.ofRaw(createHash('sha256').update(contents[i]!.subarray(0, MiB)).digest()))
          expect(await other.block(leaf)).toHaveLength(MiB)
        }
      }
    }
  })

  test('behavior: a chunk shared with a deleted file is still served from the file that stays', async () => {
    const shared = randomBytes(MiB)
    const first = await store.put(Buffer.concat([shared, randomBytes(10)]))
    const second = await store.put(Buffer.concat([shared, randomBytes(20)]))
    const leaf = Cid.toString(Cid.ofRaw(createHash('sha256').update(shared).digest()))
    expect(new Set(await store.owners(leaf))).toEqual(new Set([first.cid, second.cid]))
    await age()
    await store.collectGarbage({ keep: [second.cid] })
    expect(Buffer.from(await store.block(leaf)).equals(shared)).toBe(true)
    expect(await store.owners(leaf)).toEqual([second.cid])
  })

  test('error: pinning what is not there, keeping what is no CID', async () => {
    await expect(store.pin('bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e', 'x')).rejects.toThrow(
      NotStored,
    )
    await expect(store.collectGarbage({ keep: ['nonsense'] })).rejects.toThrow('"nonsense" is not a CID.')
  })

  test('error: with a pinned directory damaged, nothing is deleted at all', async () => {
    const cid = await put()
    const folder = await store.putDirectory([{ path: 'a', cid }])
    await store.pin(folder.cid, 'x')
    await rm(store.layout.node(folder.cid))
    await age()
    await expect(store.collectGarbage({ keep: [] })).rejects.toThrow(`The pinned ${folder.cid} is missing`)
    expect(await has(cid)).toBe(true)
  })
})
