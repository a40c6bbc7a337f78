import { createCipheriv, createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CarBlockIterator } from '@ipld/car/iterator'
import Fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Cid, UnixFs } from '../core/index.ts'
import { DiskStore, fetchVerified, gatewayPlugin, verifyFile } from './index.ts'

const MiB = 1 << 20
const atLimit = 'bafybeihmf37wcuvtx4hpu7he5zl5qaf2ineo2lqlfrapokkm5zzw7zyhvm'
const overLimit = 'bafybeibdsi225ugbkmpbdohnxioyab6jsqrmkts3twhpvfnzp77xtzpyhe'
let dir: string
let store: DiskStore

/** The byte stream of the IPIP-499 fixtures: ChaCha20 of zeros, keyed by the hash of the seed. */
async function* seeded(seed: string, size: number) {
  const cipher = createCipheriv('chacha20', createHash('sha256').update(seed).digest(), Buffer.alloc(16))
  const zeros = Buffer.alloc(MiB)
  for (let left = size; left > 0; left -= MiB) yield cipher.update(zeros.subarray(0, Math.min(left, MiB)))
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'store-heavy-'))
  store = await DiskStore.open({ dir: join(dir, 'store') })
})
afterAll(async () => {
  await store.close()
  await rm(dir, { recursive: true })
})

describe('files around 1024 chunks', () => {
  test('behavior: IPIP-499 vectors at and over the link limit', { timeout: 300_000 }, async () => {
    expect((await store.put(seeded('v1-2025-seed', 1024 * MiB))).cid).toBe(atLimit)
    expect((await store.put(seeded('v1-2025-seed', 1024 * MiB + 1))).cid).toBe(overLimit)
  })

  test('behavior: every node and chunk is served; ranges over the border of two nodes; CAR of the whole', {
    timeout: 300_000,
  }, async () => {
    const app = Fastify({ forceCloseConnections: true })
    await app.register(gatewayPlugin(store))
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const root = UnixFs.parseNode(await store.block(overLimit))
    expect(root.links).toHaveLength(2)
    for (const link of root.links) expect(UnixFs.parseNode(await store.block(link.cid)).type).toBe('file')
    const tail = await fetch(`${url}/ipfs/${overLimit}?format=car&entity-bytes=${1024 * MiB}:*`)
    const blocks: string[] = []
    for await (const { cid } of await CarBlockIterator.fromBytes(new Uint8Array(await tail.arrayBuffer())))
      blocks.push(cid.toString())
    expect(blocks).toHaveLength(3)
    const range = await fetch(`${url}/ipfs/${overLimit}`, { headers: { range: `bytes=${1024 * MiB - 3}-` } })
    expect((await range.arrayBuffer()).byteLength).toBe(4)

    const whole = await fetch(`${url}/ipfs/${overLimit}?format=car`)
    const hash = createHash('sha256')
    let count = 0
    for await (const { cid, bytes } of await CarBlockIterator.fromIterable(
      whole.body as unknown as AsyncIterable<Uint8Array>,
    )) {
      expect(createHash('sha256').update(bytes).digest().equals(cid.multihash.digest)).toBe(true)
      if (Cid.parse(cid.toString()).codec === 'raw') hash.update(bytes)
      count++
    }
    expect(count).toBe(1025 + 3)
    expect(hash.digest('hex')).toBe((await store.stat(overLimit)).sha256)
    await app.close()
  })

  test('behavior: fetched, verified and resumed', { timeout: 300_000 }, async () => {
    const app = Fastify({ forceCloseConnections: true })
    await app.register(gatewayPlugin(store))
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const to = join(dir, 'fetched')
    const stop = new AbortController()
    const onProgress = (done: number) => {
      if (done > 700 * MiB) stop.abort(new Error('cut'))
    }
    await expect(fetchVerified(overLimit, { sources: [url], to, onProgress, signal: stop.signal })).rejects.toThrow(
      'cut',
    )
    const { sources } = await fetchVerified(overLimit, { sources: [url], to })
    expect(sources[0]!.bytes).toBeLessThan(400 * MiB)
    expect((await verifyFile(to, overLimit)).size).toBe(1024 * MiB + 1)
    await app.close()
  })
})
