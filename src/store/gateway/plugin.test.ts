import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CarReader } from '@ipld/car'
import fc from 'fast-check'
import Fastify, { type FastifyInstance } from 'fastify'
import { CID } from 'multiformats/cid'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Cid } from '../../core/index.ts'
import { DiskStore, gatewayPlugin } from '../index.ts'

const MiB = 1 << 20
const missing = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyka'
let dir: string
let store: DiskStore
let app: FastifyInstance
let large: Buffer
let small: Buffer
let largeCid: string
let smallCid: string
let folder: string
let sharded: string
const hidden = new Set<string>()

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gateway-'))
  store = await DiskStore.open({ dir })
  large = randomBytes(3 * MiB + 1000)
  small = Buffer.from('hello world')
  largeCid = (await store.put(large)).cid
  smallCid = (await store.put(small)).cid
  const files = [
    { path: 'model.bin', cid: largeCid },
    { path: 'docs/read me <b>.txt', cid: smallCid },
  ]
  folder = (await store.putDirectory(files)).cid
  const names = Array.from({ length: 3000 }, (_, i) => ({ path: `${'x'.repeat(70)}${i}`, cid: smallCid }))
  sharded = (await store.putDirectory(names)).cid
  app = Fastify()
  await app.register(gatewayPlugin(store, { visible: (cid) => !hidden.has(cid) }))
})
afterAll(async () => {
  await app.close()
  await store.close()
  await rm(dir, { recursive: true })
})

const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers })
const carOf = async (url: string, headers: Record<string, string> = {}) => {
  const response = await get(url, headers)
  expect(response.statusCode, response.payload.slice(0, 200)).toBe(200)
  const reader = await CarReader.fromBytes(response.rawPayload)
  const blocks: { cid: string; bytes: Uint8Array }[] = []
  for await (const { cid, bytes } of reader.blocks()) {
    expect(createHash('sha256').update(bytes).digest()).toEqual(Buffer.from(cid.multihash.digest))
    blocks.push({ cid: cid.toString(), bytes })
  }
  return { response, blocks, roots: (await reader.getRoots()).map(String) }
}
const chunk = (i: number) => large.subarray(i * MiB, (i + 1) * MiB)
const chunkCid = (i: number) => Cid.toString(Cid.ofRaw(createHash('sha256').update(chunk(i)).digest()))

describe('raw blocks', () => {
  test('behavior: a file root, a chunk and a directory node come as they are, with the headers of the spec', async () => {
    for (const cid of [largeCid, chunkCid(1), chunkCid(3), smallCid, folder]) {
      const response = await get(`/ipfs/${cid}?format=raw`)
      expect(response.statusCode).toBe(200)
      const digest = createHash('sha256').update(response.rawPayload).digest()
      expect(digest).toEqual(Buffer.from(Cid.parse(cid).digest))
      expect(response.headers).toMatchObject({
        'content-type': 'application/vnd.ipld.raw',
        'content-disposition': `attachment; filename="${cid}.bin"`,
        'cache-control': 'public, max-age=29030400, immutable',
        'x-content-type-options': 'nosniff',
        'x-ipfs-path': `/ipfs/${cid}`,
        'x-ipfs-roots': cid,
        etag: `"${cid}.raw"`,
        'access-control-allow-origin': '*',
      })
      expect(response.headers['access-control-expose-headers']).toContain('Content-Range')
    }
  })

  test('behavior: the Accept header chooses too, format= beats it, and content-location tells', async () => {
    const accepted = await get(`/ipfs/${smallCid}`, { accept: 'application/vnd.ipld.raw' })
    expect(accepted.headers['content-location']).toBe(`/ipfs/${smallCid}?format=raw`)
    expect(accepted.headers['content-type']).toBe('application/vnd.ipld.raw')
    const beaten = await get(`/ipfs/${smallCid}?format=raw`, { accept: 'application/vnd.ipld.car' })
    expect(beaten.headers['content-type']).toBe('application/vnd.ipld.raw')
  })

  test('behavior: a CIDv0 and other bases name the same block', async () => {
    const v0 = CID.parse(largeCid).toV0().toString()
    expect((await get(`/ipfs/${v0}?format=raw`)).headers.etag).toBe(`"${largeCid}.raw"`)
  })
})

describe('plain bytes', () => {
  test('behavior: whole files, HEAD, and 304', async () => {
    const whole = await get(`/ipfs/${largeCid}`)
    expect(whole.rawPayload.equals(large)).toBe(true)
    expect(whole.headers).toMatchObject({
      'content-length': String(large.length),
      'accept-ranges': 'bytes',
      etag: `"${largeCid}"`,
      'content-type': 'application/octet-stream',
      'content-security-policy': "default-src 'none'; sandbox",
    })
    const head = await app.inject({ method: 'HEAD', url: `/ipfs/${largeCid}` })
    expect([head.statusCode, head.headers['content-length'], head.payload]).toEqual([200, String(large.length), ''])
    const again = await get(`/ipfs/${largeCid}`, { 'if-none-match': `W/"x", "${largeCid}"` })
    expect([again.statusCode, again.payload, again.headers.etag]).toEqual([304, '', `"${largeCid}"`])
    expect((await get(`/ipfs/${largeCid}?format=raw`, { 'if-none-match': `"${largeCid}"` })).statusCode).toBe(200)
  })

  test('behavior: single ranges, open and suffix ranges, across chunks', async () => {
    const size = large.length
    for (const [header, start, end] of [
      ['bytes=0-0', 0, 1],
      [`bytes=${MiB - 5}-${MiB + 4}`, MiB - 5, MiB + 5],
      [`bytes=${2 * MiB}-`, 2 * MiB, size],
      ['bytes=-7', size - 7, size],
      [`bytes=5-${size * 2}`, 5, size],
    ] as const) {
      const response = await get(`/ipfs/${largeCid}`, { range: header })
      expect(response.statusCode).toBe(206)
      expect(response.rawPayload.equals(large.subarray(start, end))).toBe(true)
      expect(response.headers['content-range']).toBe(`bytes ${start}-${end - 1}/${size}`)
      expect(response.headers.etag).toBe(`"${largeCid}.${start}-${end - 1}"`)
    }
  })

  test('behavior: malformed and multiple ranges are ignored, a stale If-Range too', async () => {
    for (const range of ['bytes=a-b', 'bytes=5-4', 'items=0-1', 'bytes=0-1,4-5', 'bytes=-']) {
      expect((await get(`/ipfs/${smallCid}`, { range })).statusCode, range).toBe(200)
    }
    expect((await get(`/ipfs/${smallCid}`, { range: 'bytes=0-1', 'if-range': '"other"' })).statusCode).toBe(200)
    expect((await get(`/ipfs/${smallCid}`, { range: 'bytes=0-1', 'if-range': `"${smallCid}"` })).payload).toBe('he')
  })

  test('error: 416 for a range past the end', async () => {
    const response = await get(`/ipfs/${smallCid}`, { range: 'bytes=11-' })
    expect([response.statusCode, response.headers['content-range']]).toEqual([416, 'bytes */11'])
    expect(response.json()).toMatchObject({
      code: 'range_not_satisfiable',
      detail: 'The range "bytes=11-" lies outside the 11 bytes there are.',
    })
  })

  test('behavior: a chunk by itself, and a path below directories and shards', async () => {
    expect((await get(`/ipfs/${chunkCid(2)}`)).rawPayload.equals(chunk(2))).toBe(true)
    const nested = await get(`/ipfs/${folder}/docs/${encodeURIComponent('read me <b>.txt')}`)
    expect(nested.payload).toBe('hello world')
    expect(nested.headers['x-ipfs-path']).toBe(`/ipfs/${folder}/docs/read%20me%20%3Cb%3E.txt`)
    expect(String(nested.headers['x-ipfs-roots']).split(',')).toEqual([folder, expect.any(String), smallCid])
    expect(nested.headers['content-disposition']).toBe('attachment; filename="read me <b>.txt"')
    expect((await get(`/ipfs/${sharded}/${'x'.repeat(70)}2999`)).payload).toBe('hello world')
    expect((await get(`/ipfs/${sharded}/nope`)).statusCode).toBe(404)
  })

  test('behavior: a directory is listed as text that cannot become markup', async () => {
    const page = await get(`/ipfs/${folder}/docs/`)
    expect(page.payload).toContain('read me &#60;b&#62;.txt')
    expect(page.payload).not.toContain('<b>')
    expect((await get(`/ipfs/${folder}`)).headers.location).toBe(`/ipfs/${folder}/`)
    expect((await get(`/ipfs/${sharded}/`)).payload.match(/<li>/g)).toHaveLength(3000)
  })
})

describe('CAR', () => {
  test('behavior: a whole file, depth first, read by @ipld/car, equals the file', async () => {
    const { response, blocks, roots } = await carOf(`/ipfs/${largeCid}?format=car`)
    expect(response.headers).toMatchObject({
      'content-type': 'application/vnd.ipld.car; version=1; order=dfs; dups=n',
      'content-disposition': `attachment; filename="${largeCid}.car"`,
      etag: `"${largeCid}.car.all.n"`,
    })
    expect(roots).toEqual([largeCid])
    expect(blocks.map((block) => block.cid)).toEqual([largeCid, chunkCid(0), chunkCid(1), chunkCid(2), chunkCid(3)])
    expect(Buffer.concat(blocks.slice(1).map((block) => block.bytes)).equals(large)).toBe(true)
  })

  test('behavior: dag-scope block, entity and all', async () => {
    const cids = async (url: string) => (await carOf(url)).blocks.map((block) => block.cid)
    expect(await cids(`/ipfs/${folder}?format=car&dag-scope=block`)).toEqual([folder])
    expect(await cids(`/ipfs/${folder}?format=car&dag-scope=entity`)).toEqual([folder])
    const all = await cids(`/ipfs/${folder}?format=car`)
    expect(all).toHaveLength(8)
    expect(new Set(all)).toContain(smallCid)
    const path = await cids(`/ipfs/${folder}/model.bin?format=car&dag-scope=block`)
    expect(path).toEqual([folder, largeCid])
    const shards = await cids(`/ipfs/${sharded}?format=car&dag-scope=entity`)
    expect(shards.length).toBeGreaterThan(200)
    expect(shards).not.toContain(smallCid)
    expect(await cids(`/ipfs/${sharded}?format=car`)).toHaveLength(shards.length + 1)
  })

  test('behavior: entity-bytes gives the fewest blocks, with negatives and *', async () => {
    const chunks = async (bytes: string) => {
      const { blocks, response } = await carOf(`/ipfs/${largeCid}?format=car&entity-bytes=${bytes}`)
      expect(blocks[0]!.cid).toBe(largeCid)
      return {
        tag: response.headers.etag,
        at: blocks.slice(1).map(({ cid }) => [0, 1, 2, 3].find((i) => chunkCid(i) === cid)),
      }
    }
    expect((await chunks('0:*')).at).toEqual([0, 1, 2, 3])
    expect((await chunks(`${MiB}:${2 * MiB - 1}`)).at).toEqual([1])
    expect((await chunks(`${MiB - 1}:${MiB}`)).at).toEqual([0, 1])
    expect((await chunks('-1:*')).at).toEqual([3])
    expect((await chunks(`-${MiB}:-1001`)).at).toEqual([2])
    expect((await chunks('-99999999:0')).at).toEqual([0])
    expect((await chunks(`0:${MiB * 100}`)).at).toEqual([0, 1, 2, 3])
    expect((await chunks('5:4')).at).toEqual([])
    expect((await chunks('0:5')).tag).not.toBe((await chunks('0:6')).tag)
    expect((await carOf(`/ipfs/${folder}?format=car&entity-bytes=0:5`)).blocks.map(({ cid }) => cid)).toEqual([folder])
  })

  test('behavior: random entity-bytes always hold the bytes asked for', async () => {
    const offset = fc.integer({ min: -large.length, max: large.length - 1 })
    await fc.assert(
      fc.asyncProperty(offset, offset, async (from, to) => {
        const { blocks } = await carOf(`/ipfs/${largeCid}?format=car&entity-bytes=${from}:${to}`)
        const first = from < 0 ? Math.max(0, large.length + from) : from
        const last = to < 0 ? large.length + to : to
        if (last < first) return
        const expected = [0, 1, 2, 3].filter((i) => i * MiB <= last && Math.min((i + 1) * MiB, large.length) > first)
        expect(blocks.slice(1).map(({ cid }) => cid)).toEqual(expected.map(chunkCid))
      }),
      {
        numRuns: 40,
        examples: [
          [0, 0],
          [-1, -1],
        ],
      },
    )
  })

  test('behavior: dups=n sends a repeated block once, dups=y each time', async () => {
    const { cid } = await store.put(Buffer.alloc(3 * MiB))
    expect((await carOf(`/ipfs/${cid}?format=car`)).blocks).toHaveLength(2)
    const accept = 'application/vnd.ipld.car; version=1; order=dfs; dups=y'
    const { blocks, response } = await carOf(`/ipfs/${cid}`, { accept })
    expect(blocks).toHaveLength(4)
    expect(response.headers['content-type']).toContain('dups=y')
    expect((await carOf(`/ipfs/${cid}?format=car&car-dups=n`, { accept })).blocks).toHaveLength(2)
  })

  test('error: entity-bytes outside, malformed parameters, other versions and orders', async () => {
    for (const [query, status] of [
      [`entity-bytes=${large.length}:*`, 400],
      ['entity-bytes=a:b', 400],
      ['entity-bytes=*:5', 400],
      ['dag-scope=everything', 400],
      ['dag-scope=all&dag-scope=block', 400],
      ['car-version=2', 406],
      ['car-order=bfs', 406],
      ['car-dups=maybe', 406],
    ] as const) {
      const response = await get(`/ipfs/${largeCid}?format=car&${query}`)
      expect(response.statusCode, query).toBe(status)
      expect(response.json().hint, query).toBeTruthy()
    }
  })
})

describe('the door', () => {
  test('behavior: the probe answers in both formats', async () => {
    const raw = await get('/ipfs/bafkqaaa?format=raw')
    expect([raw.statusCode, raw.payload, raw.headers['content-type']]).toEqual([200, '', 'application/vnd.ipld.raw'])
    const { roots, blocks } = await carOf('/ipfs/bafkqaaa?format=car')
    expect([roots, blocks]).toEqual([['bafkqaaa'], []])
    expect((await app.inject({ method: 'HEAD', url: '/ipfs/bafkqaaa' })).statusCode).toBe(200)
  })

  test('behavior: preflight', async () => {
    const response = await app.inject({ method: 'OPTIONS', url: `/ipfs/${smallCid}` })
    expect([response.statusCode, response.headers['access-control-allow-headers']]).toEqual([
      204,
      expect.stringContaining('Range'),
    ])
  })

  test('error: 404, 412, 406, 400', async () => {
    expect((await get(`/ipfs/${missing}?format=raw`)).statusCode).toBe(404)
    expect((await app.inject({ method: 'HEAD', url: `/ipfs/${missing}` })).statusCode).toBe(404)
    expect((await get(`/ipfs/${missing}`, { 'cache-control': 'only-if-cached' })).statusCode).toBe(412)
    expect((await get(`/ipfs/${smallCid}`, { 'cache-control': 'only-if-cached' })).statusCode).toBe(200)
    expect((await get(`/ipfs/${smallCid}?format=tar`)).statusCode).toBe(406)
    expect((await get(`/ipfs/${smallCid}`, { accept: 'application/vnd.ipfs.ipns-record' })).statusCode).toBe(406)
    expect((await get(`/ipfs/${smallCid}`, { accept: 'application/x-tar, */*;q=0.1' })).statusCode).toBe(200)
    expect((await get('/ipfs/not-a-cid')).json()).toMatchObject({
      code: 'invalid_cid',
      detail: '"not-a-cid" is not a CID.',
    })
    expect((await get(`/ipfs/${folder}/docs/none`)).json()).toMatchObject({ code: 'no_such_path' })
    expect((await get(`/ipfs/${smallCid}/below`)).statusCode).toBe(404)
    expect((await get(`/ipfs/${folder}/..%2f..%2fetc`)).statusCode).toBe(404)
  })

  test('behavior: what is not visible does not exist, down to its chunks and nodes', async () => {
    const secret = randomBytes(2 * MiB)
    const { cid } = await store.put(secret)
    const leaf = Cid.toString(Cid.ofRaw(createHash('sha256').update(secret.subarray(0, MiB)).digest()))
    expect((await get(`/ipfs/${leaf}?format=raw`)).statusCode).toBe(200)
    const visible = (one: string) => one === largeCid
    const strict = Fastify()
    await strict.register(gatewayPlugin(store, { visible }))
    for (const hiddenCid of [cid, leaf, smallCid]) {
      expect((await strict.inject(`/ipfs/${hiddenCid}?format=raw`)).statusCode).toBe(404)
    }
    expect((await strict.inject(`/ipfs/${chunkCid(1)}?format=raw`)).statusCode).toBe(200)
    await strict.close()
  })

  test('error: no URL, query or header makes the gateway fail with 500', async () => {
    const text = fc.string({ maxLength: 40 })
    const cid = fc.oneof(text, fc.constantFrom(smallCid, largeCid, folder, sharded, missing))
    const query = fc.dictionary(
      fc.constantFrom('format', 'dag-scope', 'entity-bytes', 'car-dups', 'car-order', 'car-version', 'filename'),
      fc.oneof(fc.constantFrom('car', 'raw', 'block', 'entity', '0:*', '-5:-1', '1:99999999999999999999'), text),
    )
    const header = fc.oneof(
      text,
      fc.constantFrom('bytes=0-', 'bytes=-1', '*', '"x"', 'application/vnd.ipld.car;order=unk'),
    )
    await fc.assert(
      fc.asyncProperty(cid, text, query, header, async (one, path, parameters, value) => {
        const url = `/ipfs/${encodeURIComponent(one)}/${encodeURIComponent(path)}?${new URLSearchParams({ ...parameters })}`
        const clean = value.replace(/[^\x20-\x7e]/g, '')
        const headers = { range: clean, accept: clean, 'if-none-match': clean, 'cache-control': clean }
        const response = await app.inject({ url, headers })
        expect(response.statusCode, `${url} ${clean}`).toBeLessThan(500)
      }),
      { numRuns: 600 },
    )
  })
})
