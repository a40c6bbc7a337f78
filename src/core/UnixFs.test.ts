import { createCipheriv, createHash, randomBytes } from 'node:crypto'
import { MemoryBlockstore } from 'blockstore-core'
import fc from 'fast-check'
import { importer } from 'ipfs-unixfs-importer'
import { CID } from 'multiformats/cid'
import { describe, expect, test } from 'vitest'
import * as Cid from './Cid.ts'
import * as Hamt from './Hamt.ts'
import * as UnixFs from './UnixFs.ts'

const MiB = 1 << 20

const leavesOf = (bytes: Uint8Array): UnixFs.Leaf[] =>
  Array.from({ length: UnixFs.leafCount(bytes.length) }, (_, i) => {
    const chunk = bytes.subarray(i * MiB, (i + 1) * MiB)
    return { digest: createHash('sha256').update(chunk).digest(), size: chunk.length }
  })

const leaf = (bytes: Uint8Array) => UnixFs.fileDag(leavesOf(bytes))

async function reference(files: { path: string; content: Uint8Array }[], wrapWithDirectory = false) {
  let last: { cid: { toString(): string }; size: bigint } | undefined
  const blocks = new MemoryBlockstore()
  for await (const entry of importer(files, blocks, { profile: 'unixfs-v1-2025', wrapWithDirectory })) last = entry
  return { cid: last!.cid.toString(), size: last!.size, blocks }
}

/** The byte stream of the IPIP-499 fixtures: ChaCha20 of zeros, keyed by the hash of the seed. */
const seeded = (seed: string, length: number) =>
  createCipheriv('chacha20', createHash('sha256').update(seed).digest(), Buffer.alloc(16)).update(Buffer.alloc(length))

/** The names of the IPIP-499 fixtures: the seeded stream over kubo's 39-letter alphabet. */
function seededNames(count: number, length: number, lastLength: number, seed: string): string[] {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz01234567890-_'
  const bytes = seeded(seed, (count - 1) * length + lastLength)
  return Array.from({ length: count }, (_, i) =>
    Array.from(
      bytes.subarray(i * length, i === count - 1 ? undefined : (i + 1) * length),
      (b) => alphabet[b % alphabet.length],
    ).join(''),
  )
}

describe('UnixFs files', () => {
  test('behavior: IPIP-499 file vectors', () => {
    const cid = (bytes: Uint8Array) => leaf(bytes).root
    expect(cid(Buffer.from('hello world'))).toBe('bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e')
    expect(cid(seeded('chunk-v1-seed', MiB))).toBe('bafkreiacndfy443ter6qr2tmbbdhadvxxheowwf75s6zehscklu6ezxmta')
    expect(cid(seeded('chunk-v1-seed', MiB + 1))).toBe('bafybeigmix7t42i6jacydtquhet7srwvgpizfg7gjbq7627d35mjomtu64')
  })

  test('behavior: an empty file is one empty raw block', () => {
    expect(UnixFs.fileDag([])).toEqual({ root: leaf(new Uint8Array()).root, nodes: [], dagSize: 0 })
    expect(leaf(new Uint8Array()).root).toBe('bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku')
  })

  test('behavior: 60 files around the chunk limits equal ipfs-unixfs-importer, block for block', async () => {
    const fixed = [0, 1, MiB - 1, MiB, MiB + 1, 2 * MiB - 1, 2 * MiB, 2 * MiB + 1, 3 * MiB, 5 * MiB + 7]
    const sizes = [...fixed, ...fc.sample(fc.nat(4 * MiB), 50)]
    for (const size of sizes) {
      const content = randomBytes(size)
      const expected = await reference([{ path: 'f', content }])
      const dag = leaf(content)
      expect(dag.root, `${size} bytes`).toBe(expected.cid)
      expect(BigInt(dag.dagSize)).toBe(BigInt(expected.size))
      for (const node of dag.nodes) expect(Cid.toString(Cid.ofDagPb(sha(node.bytes)))).toBe(node.cid)
    }
  })

  test('behavior: the shape around the link limits (1024 and 1024² chunks)', () => {
    const digest = new Uint8Array(32)
    const shape = (count: number) => {
      const dag = UnixFs.fileDag(Array.from({ length: count }, () => ({ digest, size: MiB })))
      const root = UnixFs.parseNode(dag.nodes.at(-1)!.bytes)
      return { nodes: dag.nodes.length, links: root.links.length, size: root.type === 'file' ? root.size / MiB : 0 }
    }
    expect(shape(1024)).toEqual({ nodes: 1, links: 1024, size: 1024 })
    expect(shape(1025)).toEqual({ nodes: 3, links: 2, size: 1025 })
    expect(shape(2049)).toEqual({ nodes: 4, links: 3, size: 2049 })
  })
})

describe('UnixFs directories', () => {
  test('behavior: an empty directory and the IPIP-499 directory vectors on both sides of the shard threshold', () => {
    const directory = (names: string[]) =>
      UnixFs.directoryDag(names.map((name) => ({ name, cid: leaf(Buffer.from('x')).root, dagSize: 1 })))
    expect(directory([]).root).toBe('bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354')
    expect(directory(seededNames(4766, 11, 21, 'hamt-unixfs-v1-2025')).root).toBe(
      'bafybeic3h7rwruealwxkacabdy45jivq2crwz6bufb5ljwupn36gicplx4',
    )
    expect(directory(seededNames(4766, 11, 22, 'hamt-unixfs-v1-2025')).root).toBe(
      'bafybeiegvuterwurhdtkikfhbxcldohmxp566vpjdofhzmnhv6o4freidu',
    )
  })

  test('behavior: 40 random trees equal ipfs-unixfs-importer', async () => {
    const name = fc.stringMatching(/^[a-zA-Z0-9 ._äß中-]{1,12}$/).filter((text) => text !== '.' && text !== '..')
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
    const tree = fc.dictionary(path, fc.uint8Array({ maxLength: 40 }), {
      minKeys: 1,
      maxKeys: 30,
      noNullPrototype: true,
    })
    for (const files of fc.sample(tree, 40)) {
      const paths = Object.keys(files)
      const kept = paths.filter((one) => !paths.some((other) => other.startsWith(`${one}/`)))
      const expected = await reference(
        kept.map((one) => ({ path: one, content: files[one]! })),
        true,
      )
      const dag = UnixFs.treeDag(
        kept.map((one) => ({ path: one, cid: leaf(files[one]!).root, dagSize: files[one]!.length })),
      )
      expect(dag.root).toBe(expected.cid)
      expect(BigInt(dag.dagSize)).toBe(BigInt(expected.size))
      for (const node of dag.nodes) expect(await expected.blocks.has(CID.parse(node.cid))).toBe(true)
    }
  })

  test('behavior: sharded directories of any size equal ipfs-unixfs-importer', async () => {
    for (const count of [2800, 5000]) {
      const names = Array.from({ length: count }, (_, i) => `${'n'.repeat(60)}${i}-${i * i}`)
      const content = Buffer.from('x')
      const expected = await reference(
        names.map((path) => ({ path, content })),
        true,
      )
      const dag = UnixFs.directoryDag(names.map((name) => ({ name, cid: leaf(content).root, dagSize: 1 })))
      expect(dag.root).toBe(expected.cid)
      expect(UnixFs.parseNode(dag.nodes.at(-1)!.bytes).type).toBe('shard')
    }
  })

  test('behavior: name slots equal the reference hash', async () => {
    const { murmur364 } = await import('@multiformats/murmur3')
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 60 }), async (name) => {
        expect([...Hamt.slots(name)]).toEqual([...(await murmur364.encode(new TextEncoder().encode(name)))])
      }),
    )
  })

  test('error: names that cannot be, or are given twice', () => {
    const entry = (name: string) => ({ name, cid: leaf(Buffer.from('x')).root, dagSize: 1 })
    for (const name of ['', '.', '..', 'a/b', 'a\0']) {
      expect(() => UnixFs.directoryDag([entry(name)])).toThrow('cannot name a file in a directory')
    }
    expect(() => UnixFs.directoryDag([entry('a'), entry('a')])).toThrow('"a" is given twice in one directory.')
    const file = { cid: leaf(Buffer.from('x')).root, dagSize: 1 }
    expect(() =>
      UnixFs.treeDag([
        { path: 'a', ...file },
        { path: 'a/b', ...file },
      ]),
    ).toThrow('"a" is given twice')
  })
})

describe('UnixFs.parseNode', () => {
  test('error: no bytes make it fail in another way', () => {
    const real = leaf(randomBytes(3 * MiB)).nodes[0]!.bytes
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.tuple(fc.nat(real.length - 1), fc.nat(255)).map(([at, value]) => real.with(at, value)),
      fc.nat(real.length).map((length) => real.slice(0, length)),
    )
    fc.assert(
      fc.property(bytes, (given) => {
        try {
          expect(['file', 'directory', 'shard']).toContain(UnixFs.parseNode(given).type)
        } catch (error) {
          expect(error).toBeInstanceOf(UnixFs.InvalidNode)
        }
      }),
      { numRuns: 3000 },
    )
  })
})

const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
