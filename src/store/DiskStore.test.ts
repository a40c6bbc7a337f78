import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryBlockstore } from 'blockstore-core'
import fc from 'fast-check'
import { importer } from 'ipfs-unixfs-importer'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Cid, UnixFs } from '../core/index.ts'
import { ContentMismatch, DiskStore, NotStored, RangeOutside } from './index.ts'

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

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
const leavesOf = (bytes: Uint8Array) =>
  Array.from({ length: UnixFs.leafCount(bytes.length) }, (_, i) => {
    const chunk = bytes.subarray(i * MiB, (i + 1) * MiB)
    return { digest: sha256(chunk), size: chunk.length }
  })
async function* inPieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
const read = async (readable: AsyncIterable<Uint8Array>) => {
  const pieces: Uint8Array[] = []
  for await (const piece of readable) pieces.push(piece)
  return Buffer.concat(pieces)
}

describe('DiskStore.put', () => {
  test('behavior: any size in any pieces gives the same CID, SHA-256, bytes and blocks', async () => {
    for (const size of [0, 1, 1000, MiB - 1, MiB, MiB + 1, 3 * MiB, 5 * MiB + 77]) {
      const bytes = randomBytes(size)
      const dag = UnixFs.fileDag(leavesOf(bytes))
      for (const source of [bytes, inPieces(bytes, 65_536), inPieces(bytes, 1_500_000)]) {
        const stored = await store.put(source)
        expect(stored).toEqual({ cid: dag.root, size, sha256: sha256(bytes).toString('hex') })
      }
      expect(await store.stat(dag.root)).toEqual(await store.findBySha256(sha256(bytes).toString('hex')))
      expect((await read(await store.open(dag.root))).equals(bytes)).toBe(true)
      for (const [i, leaf] of leavesOf(bytes).entries()) {
        const block = await store.block(Cid.toString(Cid.ofRaw(leaf.digest)))
        expect(Buffer.from(block).equals(bytes.subarray(i * MiB, (i + 1) * MiB))).toBe(true)
      }
      for (const node of dag.nodes) expect(Buffer.from(await store.block(node.cid)).equals(node.bytes)).toBe(true)
    }
    expect(await readdir(join(dir, 'tmp'))).toEqual([])
  })

  test('error: another size, SHA-256 or CID than announced leaves nothing behind', async () => {
    const bytes = randomBytes(2 * MiB)
    const other = UnixFs.fileDag(leavesOf(randomBytes(10))).root
    for (const expected of [{ size: 5 }, { size: 3 * MiB }, { sha256: 'f'.repeat(64) }, { cid: other }]) {
      await expect(store.put(inPieces(bytes, 100_000), { expect: expected })).rejects.toThrow(ContentMismatch)
    }
    await expect(store.stat(UnixFs.fileDag(leavesOf(bytes)).root)).rejects.toThrow(NotStored)
    expect(await readdir(join(dir, 'tmp'))).toEqual([])
    expect(await readdir(join(dir, 'files'))).toEqual([])
    expect(await readdir(join(dir, 'sidecars'))).toEqual([])
  })

  test('error: a source that fails, or a caller that gives up, leaves nothing behind', async () => {
    const failing = async function* () {
      yield randomBytes(3 * MiB)
      throw new Error('cable cut')
    }
    await expect(store.put(failing())).rejects.toThrow('cable cut')
    const stop = new AbortController()
    const endless = async function* () {
      for (;;) {
        yield randomBytes(MiB)
        stop.abort(new Error('enough'))
      }
    }
    await expect(store.put(endless(), { signal: stop.signal })).rejects.toThrow('enough')
    expect(await readdir(join(dir, 'tmp'))).toEqual([])
  })
})

describe('DiskStore.open', () => {
  test('behavior: ranges are start inclusive, end exclusive', async () => {
    const bytes = randomBytes(2 * MiB + 10)
    const { cid } = await store.put(bytes)
    for (const [start, end] of [
      [0, 0],
      [0, 1],
      [MiB - 1, MiB + 1],
      [2 * MiB, 2 * MiB + 10],
    ] as const) {
      expect((await read(await store.open(cid, { start, end }))).equals(bytes.subarray(start, end))).toBe(true)
    }
    await expect(store.open(cid, { start: 5, end: 4 })).rejects.toThrow(RangeOutside)
    await expect(store.open(cid, { end: 3 * MiB })).rejects.toThrow('are not within a file of 2097162 bytes')
    await expect(store.open(UnixFs.fileDag([]).root)).rejects.toThrow(NotStored)
  })
})

describe('DiskStore and ipfs-unixfs-importer', () => {
  test('behavior: 160 files of random and limit sizes get the same CID', async () => {
    const near = [0, MiB, 2 * MiB, 4 * MiB].flatMap((size) => [size - 1, size, size + 1]).filter((size) => size >= 0)
    const sizes = [...near, ...fc.sample(fc.oneof(fc.nat(3000), fc.nat(3 * MiB)), 160 - near.length)]
    for (const size of sizes) {
      const content = randomBytes(size)
      const { cid } = await store.put(inPieces(content, 1 + Math.floor(Math.random() * 300_000)))
      let expected = ''
      for await (const file of importer([{ path: 'f', content }], new MemoryBlockstore(), {
        profile: 'unixfs-v1-2025',
      })) {
        expected = file.cid.toString()
      }
      expect(cid, `${size} bytes`).toBe(expected)
    }
  })

  test('behavior: thousands of small files at once are durable and distinct', async () => {
    const cids = await Promise.all(Array.from({ length: 2000 }, (_, i) => store.put(Buffer.from(`file ${i}`))))
    expect(new Set(cids.map(({ cid }) => cid)).size).toBe(2000)
    expect(await readdir(join(dir, 'tmp'))).toEqual([])
    expect((await read(await store.open(cids[1234]!.cid))).toString()).toBe('file 1234')
  })
})
