import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Cid, UnixFs } from '../../core/index.ts'
import { BadXorb, type Composition, ContentMismatch, DiskStore, StoreDamaged, XorbMissing } from '../index.ts'
import { fileOf, recordOf, type Scheme, type TestXorb, xorbOf } from './testing/xorbs.ts'

let dir: string
let store: DiskStore
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'xet-files-'))
  store = await DiskStore.open({ dir })
})
afterAll(async () => {
  await store.close()
  await rm(dir, { recursive: true })
})

async function* pieces(bytes: Uint8Array, size = 10_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const send = (xorb: TestXorb) => store.xorbs.put(xorb.hash, pieces(xorb.bytes))
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const read = async (cid: string, range = {}) => Buffer.concat(await (await store.open(cid, range)).toArray())
/** Much faster than the test runner's own comparison. */
const expectBytes = (given: Uint8Array, expected: Uint8Array) => expect(Buffer.compare(given, expected)).toBe(0)
/** Bytes that pack well and differ everywhere. */
const text = (size: number) => Buffer.from(randomBytes(size).map((byte) => byte & 3))

test('behavior: a file of packed chunks of several xorbs is read whole, by range and by block', async () => {
  const schemes: Scheme[] = ['plain', 'lz4', 'grouped']
  const chunks = Array.from({ length: 60 }, (_, i) => text(30_000 + i * 1001))
  const xorbs = schemes.map((scheme, i) => xorbOf(chunks.slice(i * 20, i * 20 + 20), scheme))
  for (const xorb of xorbs) expect(await send(xorb)).toEqual({ inserted: true })
  const runs = [
    { xorb: xorbs[2]!, start: 3, end: 20 },
    { xorb: xorbs[0]!, start: 0, end: 20 },
    { xorb: xorbs[1]!, start: 19, end: 20 },
    { xorb: xorbs[2]!, start: 0, end: 5 },
  ]
  const whole = Buffer.concat([...chunks.slice(43, 60), ...chunks.slice(0, 20), chunks[39]!, ...chunks.slice(40, 45)])
  const stored = await store.xorbs.compose(fileOf(runs, sha256(whole)))

  const other = await mkdtemp(join(tmpdir(), 'xet-whole-'))
  await using plain = await DiskStore.open({ dir: other })
  expect(stored).toEqual(await plain.put(whole))
  expect(await store.stat(stored.cid)).toEqual(stored)
  expect(await store.findBySha256(stored.sha256)).toEqual(stored)
  expectBytes(await read(stored.cid), whole)
  for (const [start, end] of [
    [0, 1],
    [whole.length - 1, whole.length],
    [1_000_000, 1_000_001],
    [77, 1_500_000],
    [5, 5],
  ]) {
    expectBytes(await read(stored.cid, { start, end }), whole.subarray(start, end))
  }
  const { links } = UnixFs.parseNode(await store.block(stored.cid))
  for (const { cid } of links) {
    expectBytes(await store.block(cid), await plain.block(cid))
    expect(await store.owners(cid)).toEqual([stored.cid])
  }
  expect((await store.xorbs.recipe(stored.cid))?.terms.length).toBe(4)
  await expect(store.open(stored.cid, { end: whole.length + 1 })).rejects.toThrow('are not within a file of')
  await rm(other, { recursive: true })
})

test('behavior: small files, a path to a whole copy, and a directory of them', async () => {
  const chunk = text(5000)
  const xorb = xorbOf([chunk], 'lz4')
  await send(xorb)
  const { cid, size } = await store.xorbs.compose(fileOf([{ xorb, start: 0, end: 1 }]))
  expect(cid).toBe(Cid.toString(Cid.ofRaw(createHash('sha256').update(chunk).digest())))
  expect(await store.block(cid)).toEqual(chunk)
  await store.pin(cid, 'test')
  const folder = await store.putDirectory([{ path: 'a/b.bin', cid }])
  expect(folder.dagSize).toBeGreaterThan(size)
  expectBytes(await readFile(await store.path(cid)), chunk)
})

test('behavior: what was sent before is known, and a recipe that is here stays', async () => {
  const chunks = [text(9000), text(8000), text(7000)]
  const one = xorbOf(chunks)
  const two = xorbOf(chunks.slice(1), 'lz4')
  await send(one)
  await send(two)
  expect(await send(one)).toEqual({ inserted: false })
  const first = await store.xorbs.compose(fileOf([{ xorb: one, start: 0, end: 3 }]))
  const runs = [
    { xorb: one, start: 0, end: 1 },
    { xorb: two, start: 0, end: 2 },
  ]
  for (const known of [undefined, first.cid]) {
    expect(await store.xorbs.compose({ ...fileOf(runs), known })).toEqual(first)
    expect((await store.xorbs.recipe(first.cid))?.terms.length).toBe(1)
  }
  await expect(store.xorbs.compose({ ...fileOf(runs, '0'.repeat(64)), known: first.cid })).rejects.toThrow(
    ContentMismatch,
  )
})

test('behavior: footers and tiny pieces are fine', async () => {
  const xorb = xorbOf([text(100), text(2_000)], 'grouped')
  const body = Buffer.concat([xorb.bytes, Buffer.from('XETBLOB'), randomBytes(500)])
  expect(await store.xorbs.put(xorb.hash, pieces(body, 3))).toEqual({ inserted: true })
})

test('error: a xorb that is not what it says leaves nothing behind', async () => {
  const chunk = text(5000)
  const good = xorbOf([chunk], 'lz4')
  const [packed] = [good.bytes.subarray(8)]
  const zeros = Buffer.alloc(200_000)
  const bomb = xorbOf([zeros], 'lz4').bytes.subarray(8)
  const cases: [string, Buffer, string][] = [
    ['another hash', xorbOf([text(10)]).bytes, 'its hash is'],
    ['cut off', good.bytes.subarray(0, -1), 'it ends in the middle of a chunk'],
    ['cut off in a header', good.bytes.subarray(0, 5), 'it ends in the middle of a chunk'],
    ['more than it says', recordOf(bomb, 1, 1000), 'holds more than it says'],
    ['less than it says', recordOf(packed!, 1, 5001), 'holds less than it says'],
    ['unknown scheme', recordOf(chunk, 3, 5000), 'unknown scheme 3'],
    ['no frame', recordOf(chunk, 1, 5000), 'is not an LZ4 frame'],
    ['two lengths', recordOf(chunk, 0, 4999), 'an unpacked chunk has two lengths'],
    ['too large a chunk', recordOf(Buffer.alloc(262_145), 0, 262_145), '262145 bytes; 1 to 262144 are allowed'],
    ['an empty chunk', recordOf(Buffer.alloc(0), 0, 0), 'a chunk has 0 bytes'],
    ['nothing', Buffer.alloc(0), 'its hash is'],
    ['too many chunks', Buffer.concat(Array(8193).fill(recordOf(Buffer.from('a'), 0, 1))), 'more than 8192 chunks'],
  ]
  for (const [name, body, words] of cases) {
    const put = store.xorbs.put(good.hash, pieces(body, 100_000))
    await expect(put, name).rejects.toThrow(BadXorb)
    await expect(put, name).rejects.toThrow(words)
  }
  await expect(store.xorbs.table(good.hash)).rejects.toThrow(XorbMissing)
  await expect(store.xorbs.put('../../x', pieces(chunk))).rejects.toThrow('is not a Xet hash')
  expect(await readdir(join(dir, 'tmp'))).toEqual([])
})

test('error: a body without end is given up', async () => {
  const record = recordOf(randomBytes(200_000), 0, 200_000)
  async function* endless() {
    for (;;) yield record
  }
  await expect(store.xorbs.put('0'.repeat(64), endless())).rejects.toThrow('67108864 bytes')
  async function* footer() {
    for (;;) yield Buffer.alloc(1 << 20, 1)
  }
  await expect(store.xorbs.put('0'.repeat(64), footer())).rejects.toThrow('it is longer than 67108864 bytes.')
})

test('behavior: any change of a xorb is noticed', async () => {
  const xorb = xorbOf([text(300), text(200), text(100)], 'grouped')
  await fc.assert(
    fc.asyncProperty(fc.nat(xorb.bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
      const bytes = Buffer.from(xorb.bytes)
      bytes[at]! ^= mask
      const result = await store.xorbs.put(xorb.hash, pieces(bytes)).catch((error: unknown) => error)
      // Bytes that unpacking ignores (a check nobody needs) may change; anything else is refused.
      if (!(result instanceof BadXorb)) expect(result).toHaveProperty('inserted')
    }),
    { numRuns: 300 },
  )
})

test('behavior: any bytes are a xorb or are refused', async () => {
  const hash = xorbOf([text(10)]).hash
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.constantFrom(0, 1, 2), async (bytes, scheme) => {
      const framed = recordOf(Buffer.concat([Buffer.from('04224d18604082', 'hex'), bytes]), scheme, 1000)
      for (const body of [bytes, framed]) {
        await expect(store.xorbs.put(hash, pieces(body))).rejects.toThrow(BadXorb)
      }
    }),
    { numRuns: 200 },
  )
})

test('error: a file that is not made of what it says', async () => {
  const chunks = [text(9000), text(8000)]
  const xorb = xorbOf(chunks, 'lz4')
  await send(xorb)
  const file = fileOf([{ xorb, start: 0, end: 2 }], sha256(Buffer.concat(chunks)))
  const [term] = file.terms
  const cases = [
    [{ ...file, hash: xorb.hash }, 'its terms make the file'],
    [{ ...file, terms: [{ ...term!, end: 3 }] }, 'has no chunk 2'],
    [{ ...file, terms: [{ ...term!, size: 1 }] }, 'term 0 has 17000 bytes, not 1'],
    [{ ...file, proofs: [new Uint8Array(32)] }, 'the proof of term 0 is wrong'],
    [{ ...file, proofs: [...file.proofs, new Uint8Array(32)] }, 'it has not one proof for each term'],
    [{ ...file, sha256: '0'.repeat(64) }, 'The content has sha256'],
    [{ ...file, terms: [{ ...term!, xorb: '1'.repeat(64) }] }, 'The store has no xorb 111'],
  ] as [Composition, string][]
  for (const [given, words] of cases) await expect(store.xorbs.compose(given)).rejects.toThrow(words)
  expect(await store.findBySha256(file.sha256!)).toBeUndefined()
})

test('error: a damaged xorb is noticed when it is read, and sending it again heals it', async () => {
  const chunks = [text(90_000), text(80_000), text(70_000)]
  const xorb = xorbOf(chunks)
  await send(xorb)
  const { cid } = await store.xorbs.compose(fileOf([{ xorb, start: 0, end: 3 }]))
  const path = store.layout.xorb(xorb.hash)
  const bytes = Buffer.from(await (await store.xorbs.open(xorb.hash)).toArray().then(Buffer.concat))
  bytes[100_000]! ^= 1
  const file = await open(path, 'r+')
  await file.write(bytes, 0, bytes.length, 0)
  await file.close()
  await expect(read(cid)).rejects.toThrow('Chunk 1 of xorb')
  await expect(read(cid, { start: 0, end: 90_001 })).rejects.toThrow(StoreDamaged)
  expectBytes(await read(cid, { start: 0, end: 90_000 }), chunks[0]!)
  await expect((await store.xorbs.open(xorb.hash)).toArray()).rejects.toThrow(StoreDamaged)
  expect(await send(xorb)).toEqual({ inserted: true })
  expectBytes(await read(cid), Buffer.concat(chunks))
  await rm(path)
  await writeFile(path, bytes)
  await expect(read(cid)).rejects.toThrow('is damaged')
  await send(xorb)
  expectBytes(await read(cid), Buffer.concat(chunks))
})
