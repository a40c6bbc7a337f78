import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { GitObject } from '../../catalog/index.ts'
import { DehugError } from '../../core/index.ts'
import { ByteReader } from './ByteReader.ts'
import * as Delta from './Delta.ts'
import { readCommand, readV0 } from './FetchRequest.ts'
import { type Content, IncomingPack, type PackLimits } from './IncomingPack.ts'
import { commitLinks, tagTarget, treeEntries } from './ObjectRules.ts'
import * as PktLine from './PktLine.ts'
import { readPush } from './PushRequest.ts'
import { assertModest, type Shape } from './tree-shape.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dehug-pack-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const limits: PackLimits = { packBytes: 1_000_000, objectBytes: 100_000, expandedBytes: 300_000, objects: 5_000 }
const types = { commit: 1, tree: 2, blob: 3, tag: 4 }
const oidOf = (text: string) => GitObject.oid('blob', Buffer.from(text))

const head = (type: number, size: number): Buffer => {
  const bytes = [(type << 4) | (size & 15)]
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) as number) | 128
    bytes.push(rest & 127)
  }
  return Buffer.from(bytes)
}
const plain = (kind: keyof typeof types, text: string | Buffer): Buffer => {
  const bytes = Buffer.from(text)
  return Buffer.concat([head(types[kind], bytes.length), deflateSync(bytes)])
}
const refDelta = (base: string, delta: Buffer): Buffer =>
  Buffer.concat([head(7, delta.length), Buffer.from(base, 'hex'), deflateSync(delta)])
const offsetDelta = (distance: number, delta: Buffer): Buffer => {
  const bytes = [distance & 127]
  for (let rest = Math.floor(distance / 128); rest > 0; rest = Math.floor(rest / 128))
    bytes.unshift((--rest & 127) | 128)
  return Buffer.concat([head(6, delta.length), Buffer.from(bytes), deflateSync(delta)])
}
const size = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...size(Math.floor(value / 128))]
/** Takes all of a base and adds a text. */
const adding = (base: number, text: string): Buffer =>
  Buffer.concat([
    Buffer.from([...size(base), ...size(base + text.length), 0x80 | 0x10 | 0x20, base & 255, base >> 8, text.length]),
    Buffer.from(text),
  ])
const packOf = (objects: Buffer[], count = objects.length): Buffer => {
  const front = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1')
  front.writeUInt32BE(count, 8)
  const all = Buffer.concat([front, ...objects])
  return Buffer.concat([all, createHash('sha1').update(all).digest()])
}
async function* pieces(bytes: Buffer, length = bytes.length || 1): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}
const receive = (pack: Buffer, outside: Record<string, Content> = {}) =>
  IncomingPack.receive(pieces(pack, 1_000), { dir, limits, outside: async (oid) => outside[oid] })
const refused = async (pack: Buffer): Promise<string> => {
  const result = await receive(pack).catch((error: unknown) => error)
  if (result instanceof IncomingPack) throw new Error('the pack was taken')
  if (!(result instanceof DehugError)) throw result
  return result.message
}
/** The answer, or an error of ours; anything else is a fault. */
const calm = async (work: () => unknown): Promise<void> => {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof DehugError) || error.status >= 500) throw error
  }
}

test('behavior: objects, deltas by place and by id, deltas of deltas, and of objects that are here already', async () => {
  const first = plain('blob', 'hello')
  const second = offsetDelta(first.length, adding(5, ' world'))
  const early = refDelta(oidOf('hello world'), adding(11, '!'))
  await using pack = await receive(
    packOf([first, second, early, refDelta(oidOf('outside'), adding(7, ' in')), plain('tree', '')]),
    { [oidOf('outside')]: { kind: 'blob', bytes: Buffer.from('outside') } },
  )
  for (const text of ['hello', 'hello world', 'hello world!', 'outside in']) {
    expect(Buffer.from((await pack.read(oidOf(text))).bytes).toString()).toBe(text)
  }
  expect(pack.objects).toBe(5)
  expect(pack.kindOf('4b825dc642cb6eb9a060e54bf8d69288fbee4904')).toBe('tree')
  expect(await readdir(dir)).toEqual([])
})

test('behavior: a delta may come before its base, and a chain of thousands costs no stack', async () => {
  const last = 'x'.repeat(3) + 'y'.repeat(2_000)
  const chain = Array.from({ length: 2_000 }, (_, i) =>
    refDelta(oidOf(last.slice(0, 3 + i)), adding(3 + i, 'y')),
  ).reverse()
  const pack = packOf([...chain, plain('blob', 'xxx')])
  const result = IncomingPack.receive(pieces(pack), {
    dir,
    limits: { ...limits, expandedBytes: 10_000_000 },
    outside: async () => undefined,
  })
  await using incoming = await result
  expect(incoming.kindOf(oidOf(last))).toBe('blob')
})

test('error: what is no pack, or claims what is not so, is refused with the reason', async () => {
  const good = plain('blob', 'hello')
  expect(await refused(Buffer.alloc(0))).toContain('does not begin as a pack')
  expect(await refused(Buffer.from('not a pack'.repeat(10)))).toContain('does not begin as a pack')
  expect(await refused(packOf([good]).subarray(0, -1))).toContain('checksum')
  expect(await refused(packOf([good], 2))).toContain('ends before its last object')
  expect(await refused(packOf([good, good], 1))).toContain('follow its last object')
  expect(await refused(packOf([good], 4_000_000))).toContain('at most 5000')
  expect(await refused(packOf([Buffer.concat([head(3, 6), deflateSync('hello')])]))).toContain('5 bytes and not 6')
  expect(await refused(packOf([Buffer.concat([head(3, 4), deflateSync('hello')])]))).toContain('5 bytes and not 4')
  expect(await refused(packOf([Buffer.concat([head(3, 5), Buffer.from('hello')])]))).toContain('compressed')
  expect(await refused(packOf([Buffer.concat([head(5, 5), deflateSync('hello')])]))).toContain('no object type 5')
  expect(await refused(packOf([offsetDelta(500, adding(5, '!'))]))).toContain('lies outside')
  expect(await refused(packOf([good, offsetDelta(3, adding(5, '!'))]))).toContain(
    'deltas are of objects that are not there',
  )
  expect(await readdir(dir)).toEqual([])
})

test('error: bombs are refused before they are unpacked', async () => {
  const zeros = deflateSync(Buffer.alloc(50_000_000))
  expect(await refused(packOf([Buffer.concat([head(3, 50_000_000), zeros])]))).toContain('at most 100000 are accepted')
  expect(await refused(packOf([Buffer.concat([head(3, 99_999), zeros])]))).toContain('larger than it says')
  const claims = Buffer.from([...size(5), ...size(2 ** 40), 0x90, 5])
  expect(await refused(packOf([plain('blob', 'hello'), refDelta(oidOf('hello'), claims)]))).toContain(
    'more than the 100000',
  )
  const large = 'z'.repeat(60_000)
  const copies = Array.from({ length: 10 }, (_, i) => refDelta(oidOf(large), adding(60_000, `${i}`)))
  expect(await refused(packOf([plain('blob', large), ...copies]))).toContain('deltas make more than the 300000')
  expect(await refused(Buffer.concat([packOf([]), Buffer.alloc(2_000_000)]))).toContain('larger than the 1000000')
  expect(await readdir(dir)).toEqual([])
})

test('error: deltas that wait for each other have no beginning', async () => {
  const [a, b] = ['1'.repeat(40), '2'.repeat(40)]
  expect(await refused(packOf([refDelta(a, adding(5, 'x')), refDelta(b, adding(6, 'y'))]))).toContain('not there')
  const own = refDelta(oidOf('never'), adding(5, '!'))
  expect(await refused(packOf([own, own]))).toContain('not there')
})

test('error: deltas never read or write outside, whatever they hold', () => {
  const base = Buffer.from('the base of it all')
  expect(() => Delta.apply(base, Buffer.from([3, 3]), 100)).toThrow('another base')
  expect(() => Delta.apply(base, Buffer.from([base.length, 5, 0]), 100)).toThrow('does not exist')
  expect(() => Delta.apply(base, Buffer.from([base.length, 5, 0x91, 200, 5]), 100)).toThrow('over its end')
  expect(() => Delta.apply(base, Buffer.from([base.length, 5, 9, 1]), 100)).toThrow('over its end')
  expect(() => Delta.apply(base, Buffer.from([base.length, 5, 2, 1, 1]), 100)).toThrow('less than it says')
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const delta = Buffer.concat([Buffer.from([base.length]), bytes])
      try {
        expect(Delta.apply(base, delta, 1_000).length).toBeLessThanOrEqual(1_000)
      } catch (error) {
        if (!(error instanceof DehugError)) throw error
      }
    }),
    { numRuns: 2_000 },
  )
})

test('error: packs with any bytes changed are refused or whole, and nothing is left on disk', async () => {
  const objects = [plain('blob', 'hello'), plain('blob', 'y'.repeat(500)), refDelta(oidOf('hello'), adding(5, '!'))]
  const good = packOf(objects)
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(good.length - 21), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      (edits) =>
        calm(async () => {
          const body = Buffer.from(good.subarray(0, -20))
          for (const [at, value] of edits) body[at] = value
          const pack = Buffer.concat([body, createHash('sha1').update(body).digest()])
          await using incoming = await receive(pack)
          expect(incoming.objects).toBeGreaterThan(-1)
        }),
    ),
    { numRuns: 300 },
  )
  expect(await readdir(dir)).toEqual([])
})

test('error: packets of any bytes end in an answer', async () => {
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .array(
        fc.oneof(
          fc.constantFrom('0000', '0001', '0002', '0003', 'zzzz', 'ffff', '0004'),
          fc
            .constantFrom(
              `want ${'a'.repeat(40)} side-band-64k`,
              `have ${'b'.repeat(40)}`,
              'done',
              'deepen 3',
              'deepen 0',
              'deepen-since x',
              'filter tree:0',
              'command=fetch',
              'command=x',
              `${'0'.repeat(40)} ${'a'.repeat(40)} refs/heads/x\0report-status push-options`,
              'shallow x',
            )
            .map((text) => Buffer.from(PktLine.line(`${text}\n`)).toString('latin1')),
        ),
        { maxLength: 8 },
      )
      .map((parts) => Buffer.from(parts.join(''), 'latin1')),
  )
  await fc.assert(
    fc.asyncProperty(body, fc.integer({ min: 1, max: 50 }), async (bytes, step) => {
      for (const read of [readV0, readCommand, readPush]) {
        await calm(() => read(new ByteReader(pieces(Buffer.from(bytes), step))))
      }
    }),
    { numRuns: 500 },
  )
})

test('error: commits, tags and trees are checked as strictly as git does it', () => {
  const who = 'Ada <ada@example.org> 1700000000 +0100'
  const tree = 'a'.repeat(40)
  const commit =
    (...lines: string[]) =>
    () =>
      commitLinks(tree, Buffer.from(lines.join('\n')))
  expect(commit(`tree ${tree}`, `parent ${tree}`, `author ${who}`, `committer ${who}`, '', 'words')()).toEqual({
    tree,
    parents: [tree],
  })
  expect(commit(`tree ${tree}`, `author ${who}`, `committer ${who}`, 'gpgsig x', ' parent y', '', '')()).toBeTruthy()
  expect(commit(`tree ${tree}`, `author ${who}`, `committer ${who}`)).toThrow('empty line')
  expect(commit(`author ${who}`, `committer ${who}`, '', '')).toThrow('names no tree')
  expect(commit(`tree ${tree}`, 'author Ada', `committer ${who}`, '', '')).toThrow('author line')
  expect(commit(`tree ${tree}`, `author A <a> 99999999999999 +0000`, `committer ${who}`, '', '')).toThrow('author line')
  expect(commit(`tree ${tree}`, `author ${who}`, `committer ${who}`, `parent ${tree}`, '', '')).toThrow('comes twice')
  expect(commit(`tree ${tree}`, `author ${who}`, `committer ${who}`, '', 'a\0b')).toThrow('NUL')
  const tag =
    (...lines: string[]) =>
    () =>
      tagTarget(tree, Buffer.from(lines.join('\n')))
  expect(tag(`object ${tree}`, 'type commit', 'tag v1', `tagger ${who}`, '', 'words')()).toBe(tree)
  expect(tag(`object ${tree}`, 'type tree', 'tag v1', `tagger ${who}`, '', 'words')).toThrow('not of a commit')
  const entry = (mode: string, name: string | Buffer) =>
    Buffer.concat([Buffer.from(`${mode} `), Buffer.from(name), Buffer.of(0), Buffer.alloc(20, 1)])
  const read =
    (...entries: Buffer[]) =>
    () =>
      treeEntries(tree, Buffer.concat(entries))
  expect(read(entry('100644', 'a'), entry('40000', 'b'))()).toHaveLength(2)
  expect(read(entry('100644', 'b'), entry('100644', 'a'))).toThrow('not in order')
  expect(read(entry('40000', 'a'), entry('100644', 'a.b'))).toThrow('not in order')
  expect(read(entry('100644', Buffer.from([0xff])))).toThrow('not in order or not UTF-8')
  expect(read(entry('100644', '.git'))).toThrow('reserved')
  expect(read(entry('100644', 'a/b'))).toThrow('slash')
  expect(read(entry('040000', 'a'))).toThrow('has the mode 040000')
  expect(read(entry('100644', 'a').subarray(0, 20))).toThrow('broken')
})

test('error: a few trees that stand for billions of files are refused', () => {
  const shapes = new Map<string, Shape>([['0', { files: 10, longestFile: 1, folders: [] }]])
  for (let level = 1; level <= 12; level++) {
    const folders = Array.from({ length: 10 }, () => ({ oid: `${level - 1}`, length: 1 }))
    shapes.set(`${level}`, { files: 0, longestFile: 0, folders })
  }
  expect(() => assertModest(['12'], shapes)).toThrow('more than 1000000 files')
  const deep = new Map<string, Shape>([['0', { files: 1, longestFile: 1, folders: [] }]])
  for (let level = 1; level <= 5_000; level++)
    deep.set(`${level}`, { files: 0, longestFile: 0, folders: [{ oid: `${level - 1}`, length: 1 }] })
  expect(() => assertModest(['5000'], deep)).toThrow('longer than 1024 bytes')
})
