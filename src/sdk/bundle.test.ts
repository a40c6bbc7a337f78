import { createHash, randomBytes } from 'node:crypto'
import { cp, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { CarBlockIterator } from '@ipld/car'
import * as dagPb from '@ipld/dag-pb'
import fc from 'fast-check'
import { UnixFS } from 'ipfs-unixfs'
import type { CID } from 'multiformats/cid'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Bytes, Cid, DehugError, Json, Manifest, RepoId, UnixFs, Version } from '../core/index.ts'
import * as Bundle from './Bundle.ts'
import * as BundleProof from './BundleProof.ts'
import { startHubNetwork } from './testing.ts'

let network: Awaited<ReturnType<typeof startHubNetwork>>
let file: string
let bytes: Buffer
let dir: string
const model = 'alice/carried'

beforeAll(async () => {
  network = await startHubNetwork()
  dir = join(network.dir, 'bundles')
  const folder = join(network.dir, 'source')
  await cp(join(import.meta.dirname, '../../fixtures/dehug-vision'), folder, { recursive: true })
  await mkdir(dir)
  await mkdir(join(folder, 'deep/er'), { recursive: true })
  await writeFile(join(folder, 'deep/er/large.bin'), randomBytes(3 * 2 ** 20 + 5))
  await writeFile(join(folder, 'zeros.bin'), Buffer.alloc(4 * 2 ** 20))
  await writeFile(join(folder, 'empty'), '')
  await network.client('alice').push({ folder, repo: RepoId.parse(model) })
  file = join(dir, 'carried.car')
  await network.client('bob').exportBundle({ version: Version.parse(model), to: file })
  bytes = await readFile(file)
}, 120_000)
afterAll(() => network?.stop())

const sha = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex')

/** A client whose every request fails: what works with it needs no network. */
const offline = () => network.client('bob', { fetch: () => Promise.reject(new Error('there is no network')) })

test('behavior: the same version is the same file, whoever exports it', async () => {
  const again = join(dir, 'again.car')
  const result = await network.client('alice').exportBundle({ version: Version.parse(model), to: again })
  expect(bytes.equals(await readFile(again))).toBe(true)
  expect(result).toMatchObject({ repo: 'model:alice/carried', checked: 'signature', bundleBytes: bytes.length })
  expect(result.bundleSha256).toBe(createHash('sha256').update(bytes).digest('hex'))
  // Chunks that repeat are in it once.
  expect(result.bundleBytes).toBeLessThan(result.bytes - 2.9 * 2 ** 20)
  expect((await readdir(dir)).sort()).toEqual(['again.car', 'carried.car'])
  await rm(again)
})

test('behavior: a bundle is verified and unpacked without any network, and the folder serves, verifies and is pushed', async () => {
  const version = Version.parse(model)
  const pulled = join(dir, 'pulled')
  await network.client('bob').pull({ version, folder: pulled })
  const checked = await offline().verifyBundle({ path: file })
  expect(checked).toMatchObject({ repo: 'model:alice/carried', checked: 'signature', anchored: false, chainId: 31337 })
  expect(checked.proof[0]).toMatch(/^signed by 0x[0-9a-f]{40}: checked$/)
  const folder = join(dir, 'unpacked')
  const unpacked = await offline().importBundle({ path: file, folder })
  expect(unpacked).toMatchObject({ folder, root: checked.root, published: null, keptFiles: 0 })
  expect(await offline().verify({ folder, offline: true })).toMatchObject({ root: checked.root, extra: [] })
  expect(await sha(join(folder, 'deep/er/large.bin'))).toBe(await sha(join(pulled, 'deep/er/large.bin')))
  expect(await network.client('bob').verify({ folder })).toMatchObject({ anchored: true, isHead: true })
  expect(await network.client('bob').verifyBundle({ path: file, version })).toMatchObject({
    anchored: true,
    isHead: true,
  })
})

test('behavior: unpacked again it keeps what is right; a bundle can be published elsewhere as an import', async () => {
  const folder = join(dir, 'carried')
  const { root } = await offline().verifyBundle({ path: file })
  const staging = join(dir, `.carried.dehug-${root.slice(2, 14)}`)
  await mkdir(join(staging, 'deep/er'), { recursive: true })
  await cp(join(dir, 'unpacked/deep/er/large.bin'), join(staging, 'deep/er/large.bin'))
  await writeFile(join(staging, 'zeros.bin.part'), 'cut off')
  const done = await network.client('bob').importBundle({ path: file, folder, as: RepoId.parse('bob/carried') })
  expect(done.keptFiles).toBe(1)
  expect(done.published).toMatchObject({ repo: 'model:bob/carried', minted: true, anchored: true })
  const { manifest } = await (await fetch(`${network.url}/api/dehug/manifest/model/bob/carried/head`)).json()
  expect(Manifest.parse(manifest).source).toMatchObject({
    kind: 'bundle',
    repo: 'model:alice/carried',
    chainId: 31337,
    root: done.root,
  })
})

test('behavior: any IPFS tool reads it: blocks hash to their CIDs, depth first, and the folder is UnixFS', async () => {
  const blocks = new Map<string, Uint8Array>()
  const order: string[] = []
  const car = await CarBlockIterator.fromBytes(bytes)
  const [root] = (await car.getRoots()) as CID[]
  for await (const block of car) {
    expect(createHash('sha256').update(block.bytes).digest()).toEqual(Buffer.from(block.cid.multihash.digest))
    blocks.set(block.cid.toString(), block.bytes)
    order.push(block.cid.toString())
  }
  expect(new Set(order).size).toBe(order.length)
  const walked: string[] = []
  const found = new Map<string, Buffer>()
  const read = (cid: CID): Buffer => {
    if (!walked.includes(cid.toString())) walked.push(cid.toString())
    const block = blocks.get(cid.toString()) as Uint8Array
    if (cid.code === 0x55) return Buffer.from(block)
    return Buffer.concat(dagPb.decode(block).Links.map((link) => read(link.Hash as CID)))
  }
  const walk = (cid: CID, path: string): void => {
    const node = cid.code === 0x70 ? dagPb.decode(blocks.get(cid.toString()) as Uint8Array) : undefined
    if (!node || !UnixFS.unmarshal(node.Data as Uint8Array).isDirectory()) return void found.set(path, read(cid))
    walked.push(cid.toString())
    for (const link of node.Links) walk(link.Hash as CID, path === '' ? (link.Name ?? '') : `${path}/${link.Name}`)
  }
  walk(root as CID, '')
  expect(order).toEqual(walked)
  const manifest = Manifest.parse(String(found.get('dehug.manifest.json')))
  expect([...found.keys()].sort()).toEqual(
    ['dehug.manifest.json', 'dehug.proof.json', ...manifest.files.map(({ path }) => `files/${path}`)].sort(),
  )
  for (const { path, sha256 } of manifest.files) {
    expect(
      createHash('sha256')
        .update(found.get(`files/${path}`) as Buffer)
        .digest('hex'),
    ).toBe(sha256)
  }
})

/** Builds CARs that no honest tool makes. */
type Block = { cid: Uint8Array; bytes: Uint8Array }
const varint = (value: number): Buffer => {
  const out: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...out, rest])
    out.push((rest % 128) | 128)
  }
}
const headerLength = 59
const section = ({ cid, bytes: content }: Block) => Buffer.concat([varint(cid.length + content.length), cid, content])
const headerOf = (root: string) =>
  Buffer.concat([
    Buffer.from('3aa265726f6f747381d82a582500', 'hex'),
    Cid.bytes(root),
    Buffer.from('6776657273696f6e01', 'hex'),
  ])
const raw = (content: Uint8Array): Block => ({
  cid: Cid.bytes(Cid.ofRaw(createHash('sha256').update(content).digest())),
  bytes: content,
})
const pb = (content: Uint8Array): Block => ({
  cid: Cid.bytes(Cid.ofDagPb(createHash('sha256').update(content).digest())),
  bytes: content,
})
const sectionsOf = async (): Promise<Block[]> => {
  const all: Block[] = []
  for await (const block of await CarBlockIterator.fromBytes(bytes))
    all.push({ cid: block.cid.bytes, bytes: block.bytes })
  return all
}
const refuses = async (content: Uint8Array, code: string | RegExp = 'bad_bundle') => {
  const path = join(dir, 'hostile.car')
  await writeFile(path, content)
  const before = await readdir(dir)
  const folder = join(dir, 'never')
  const error = await offline()
    .importBundle({ path, folder })
    .catch((caught: DehugError) => caught)
  expect(error).toBeInstanceOf(DehugError)
  expect((error as DehugError).code).toMatch(code)
  await expect(offline().verifyBundle({ path })).rejects.toMatchObject({ code: (error as DehugError).code })
  expect((await readdir(dir)).sort()).toEqual(before.sort())
}

test('error: wrong bytes, missing, extra and cut blocks, huge lengths and foreign headers are refused with nothing left', async () => {
  const flipped = Buffer.from(bytes)
  flipped[bytes.length - 1] = (flipped.at(-1) as number) ^ 1
  await refuses(flipped)
  const blocks = await sectionsOf()
  const build = (some: Block[]) => Buffer.concat([bytes.subarray(0, headerLength), ...some.map(section)])
  expect(bytes.equals(build(blocks))).toBe(true)
  for (const missing of [0, 1, 2, 5, blocks.length - 1]) await refuses(build(blocks.filter((_, i) => i !== missing)))
  await refuses(build([...blocks, raw(Buffer.from('extra'))]))
  await refuses(bytes.subarray(0, bytes.length - 1))
  await refuses(bytes.subarray(0, 30))
  await refuses(Buffer.alloc(0))
  const header = bytes.subarray(0, headerLength)
  await refuses(Buffer.concat([header, Buffer.alloc(12, 0xff)]))
  await refuses(Buffer.concat([header, Buffer.from('ffffff7f', 'hex')]))
  await refuses(Buffer.concat([header, Buffer.from([0])]))
  await refuses(Buffer.concat([header, Buffer.from([0x80, 0])]))
  await refuses(Buffer.concat([Buffer.from([0xff]), bytes.subarray(1)]))
  // Any order will do, as other tools write it.
  const path = join(dir, 'reordered.car')
  await writeFile(path, build([...blocks].reverse()))
  expect(await offline().verifyBundle({ path })).toMatchObject({ checked: 'signature' })
})

test('error: folders that are not those of the manifest, forged manifests and proofs', async () => {
  await using bundle = await Bundle.open(file)
  const { manifest, proof } = bundle
  const blocks = await sectionsOf()
  const make = async (manifestText: string, proofText: string, files: readonly Manifest.File[], more: Block[] = []) => {
    const plan = Bundle.planOf(manifestText, proofText, files)
    const nodes = [...plan.nodes.values()].map(pb)
    const texts = [manifestText, proofText].map((text) => raw(Bytes.utf8(text)))
    const known = new Map(
      [...blocks, ...nodes, ...texts, ...more].map((block) => [Buffer.from(block.cid).toString('hex'), block]),
    )
    return Buffer.concat([headerOf(plan.root), ...[...known.values()].map(section)])
  }
  const honest = [Manifest.serialize(manifest), BundleProof.serialize(proof)] as const
  await refuses(await make(` ${honest[0]}`, honest[1], manifest.files))
  await refuses(await make(honest[0], honest[1], manifest.files.slice(1)))
  const renamed = manifest.files.map((one, i) => (i === 0 ? { ...one, path: '../outside' } : one))
  await refuses(await make(Json.canonical({ ...manifest, files: renamed }), honest[1], manifest.files), 'bad_path')
  const other = Manifest.from({ ...manifest, repo: RepoId.parse('bob/stolen') })
  await refuses(await make(Manifest.serialize(other), honest[1], manifest.files), /bad_proof|bad_bundle/)
  const signed = { ...proof.signed, signature: `0x${'11'.repeat(64)}1b` } as BundleProof.BundleProof['signed']
  await refuses(
    await make(honest[0], BundleProof.serialize({ ...proof, signed }), manifest.files),
    /bad_proof|bad_signature|bad_bundle/,
  )
  await refuses(
    await make(honest[0], BundleProof.serialize({ ...proof, publisher: `0x${'1'.repeat(40)}` }), manifest.files),
    /bad_proof|bad_bundle/,
  )
  await refuses(await make(honest[0], '{}', manifest.files), 'bad_proof')
  // Sizes that lie make another root.
  const grown = manifest.files.map((one) => (one.path === 'empty' ? { ...one, size: 2 ** 50 } : one))
  await refuses(await make(Json.canonical({ ...manifest, files: grown }), honest[1], manifest.files), /bad_manifest/)
  // A root that is no folder, and folders in folders without end.
  const leaf = raw(Buffer.from('x'))
  await refuses(Buffer.concat([headerOf(Cid.toString(Cid.fromBytes(leaf.cid))), section(leaf)]))
  let nest = UnixFs.directoryDag([])
  const nodes = [...nest.nodes]
  for (let depth = 0; depth < 5000; depth += 1) {
    nest = UnixFs.directoryDag([{ name: 'dehug.manifest.json', cid: nest.root, dagSize: 1 }])
    nodes.push(...nest.nodes)
  }
  await refuses(Buffer.concat([headerOf(nest.root), ...nodes.map((node) => section(pb(node.bytes)))]))
})

test('error: pickles in a bundle are refused unless they are allowed', async () => {
  const folder = join(network.dir, 'pickled')
  await mkdir(folder)
  await writeFile(join(folder, 'README.md'), '---\nlicense: mit\n---\n')
  await writeFile(join(folder, 'weights.pkl'), 'x')
  await network.client('alice').push({ folder, repo: RepoId.parse('alice/pickled'), allowPickle: true })
  const path = join(dir, 'pickled.car')
  await network.client('alice').exportBundle({ version: Version.parse('alice/pickled'), to: path })
  await expect(offline().importBundle({ path, folder: join(dir, 'p') })).rejects.toMatchObject({
    code: 'pickle_refused',
  })
  expect(await offline().importBundle({ path, folder: join(dir, 'p'), allowPickle: true })).toMatchObject({
    unsafe: ['weights.pkl'],
  })
})

test('behavior: no file makes the reader crash, hang or keep anything', async () => {
  const path = join(dir, 'fuzz.car')
  const small = join(network.dir, 'small')
  await mkdir(small)
  await writeFile(join(small, 'README.md'), '---\nlicense: mit\n---\n')
  await network.client('alice').push({ folder: small, repo: RepoId.parse('alice/small') })
  const good = join(dir, 'small.car')
  await network.client('alice').exportBundle({ version: Version.parse('alice/small'), to: good })
  const sample = await readFile(good)
  const mutations = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((noise) => Buffer.from(noise)),
    fc.tuple(fc.nat(sample.length - 1), fc.nat(255)).map(([at, byte]) => {
      const copy = Buffer.from(sample)
      copy[at] = byte
      return copy
    }),
    fc
      .tuple(fc.nat(sample.length - 1), fc.uint8Array({ maxLength: 40 }))
      .map(([at, noise]) => Buffer.concat([sample.subarray(0, at), noise, sample.subarray(at)])),
    fc.nat(sample.length - 1).map((at) => sample.subarray(0, at)),
  )
  await fc.assert(
    fc.asyncProperty(mutations, async (content) => {
      await writeFile(path, content)
      const result = await offline()
        .verifyBundle({ path })
        .catch((error: unknown) => error)
      if (!Buffer.from(content).equals(sample)) expect(result).toBeInstanceOf(DehugError)
    }),
    { numRuns: 300 },
  )
})

test('behavior: an export that is cut off fetches nothing again', async () => {
  const to = join(dir, 'cut.car')
  const stop = new AbortController()
  const cut = network.client('bob').exportBundle({
    version: Version.parse(model),
    to,
    signal: stop.signal,
    onProgress: ({ phase }) => phase === 'write' && stop.abort(),
  })
  await expect(cut).rejects.toThrow()
  expect(await stat(to).catch(() => undefined)).toBeUndefined()
  const staging = (await readdir(dir)).find((name) => name.startsWith(`.${basename(to)}`))
  await truncate(join(dir, staging as string, 'README.md'), 1)
  let pulledBytes = 0
  await network.client('bob').exportBundle({
    version: Version.parse(model),
    to,
    onProgress: ({ phase, totalBytes }) => {
      if (phase === 'pull') pulledBytes = totalBytes
    },
  })
  expect(bytes.equals(await readFile(to))).toBe(true)
  expect(pulledBytes).toBeLessThan(100_000)
})
