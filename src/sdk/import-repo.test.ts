import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Manifest, RepoId } from '../core/index.ts'
import { file, lfs, sha256, startHubClient } from '../hub/hub-client.ts'
import { tokens } from '../hub/start-test-hub.ts'
import type { ImportOptions } from './import-repo.ts'
import { startWire } from './test-source.ts'
import { startHubNetwork } from './testing.ts'

let source: Awaited<ReturnType<typeof startHubClient>>
let wire: Awaited<ReturnType<typeof startWire>>
let network: Awaited<ReturnType<typeof startHubNetwork>>
const weights = randomBytes(3 * 2 ** 20 + 7)
const header = { key: 'header', value: { summary: 'a change' } }
const readme = '---\nlicense: apache-2.0\npipeline_tag: text-generation\nlibrary_name: transformers\n---\n# Open\n'

beforeAll(async () => {
  source = await startHubClient()
  network = await startHubNetwork()
  wire = await startWire(source.url)
  const object = await source.upload(weights, 'ada/open', tokens.ada)
  const made = await source.commit([
    header,
    file('README.md', readme),
    file('config.json', '{"architectures":["TinyForCausalLM"]}'),
    file('copy/config.json', '{"architectures":["TinyForCausalLM"]}'),
    file('empty.txt', ''),
    lfs('model.bin', object),
    lfs('copy/model.bin', object),
  ])
  expect(made.status).toBe(200)
  const secret = await source.upload(Buffer.from('secret weights'), 'lab/secret', tokens.ada)
  await source.commit([header, file('README.md', readme), lfs('model.bin', secret)], 'lab/secret')
}, 120_000)
afterAll(async () => {
  await wire?.close()
  await source?.stop()
  await network?.stop()
})
beforeEach(() => wire.clear())

const run = (options: Partial<ImportOptions> & { as: RepoId.RepoId }) =>
  network.client('alice').importRepo({ from: wire.url, type: 'model', name: 'ada/open', revision: 'main', ...options })
const shaOf = async (hub: string, path: string, headers = {}) =>
  (await (await fetch(hub + path, { headers })).json()).sha
const treeOf = async (hub: string, repo: string) =>
  (await (await fetch(`${hub}/api/models/${repo}/tree/main?recursive=true`)).json()).map(
    ({ path, oid, size }: Record<string, unknown>) => ({ path, oid, size }),
  )
const leftovers = () => readdir(join(network.dir, 'cache/alice/imports')).catch(() => [])

test('behavior: an import has the same git tree, says where it comes from, and earns its custodian nothing', async () => {
  const as = RepoId.parse('alice/mirror')
  const first = await run({ as })
  const commit = await shaOf(source.url, '/api/models/ada/open')
  expect(first).toMatchObject({
    repo: 'model:alice/mirror',
    source: { endpoint: wire.url, repo: 'model:ada/open', commit },
    license: 'Apache-2.0',
    files: 7,
    minted: true,
    anchored: true,
    unsafe: [],
  })
  expect(await treeOf(network.url, 'alice/mirror')).toEqual(await treeOf(source.url, 'ada/open'))
  // The same bytes at two paths come once.
  expect(wire.files().filter((path) => path.endsWith('model.bin'))).toHaveLength(1)
  expect(await leftovers()).toEqual([])

  const answer = await (await fetch(`${network.url}/api/dehug/manifest/model/alice/mirror/head`)).json()
  const manifest = Manifest.parse(answer.manifest)
  expect(manifest).toMatchObject({
    task: 'text-generation',
    tensors: { params: 0, architecture: 'TinyForCausalLM' },
    source: { kind: 'hub', endpoint: wire.url, repo: 'model:ada/open', commit, license: 'apache-2.0', complete: true },
  })
  const { chain } = await (await import('./Ledger.ts')).open(network.client('alice').connection)
  expect((await chain.head(as)).creatorBps).toBe(0)
  expect(await chain.nft.royalty(RepoId.modelId(as), 1_000_000n)).toMatchObject({ amount: 0n })

  wire.clear()
  const again = await run({ as })
  expect(again).toMatchObject({ root: first.root, commit: first.commit, tx: null, sentBytes: 0 })
  expect(wire.files()).toEqual(['README.md'])
})

test('behavior: the next revision fetches only what is new, and follows the first on chain', async () => {
  await source.json('POST', '/api/repos/create', { name: 'moving' })
  const object = { oid: sha256(weights), size: weights.length }
  await source.commit(
    [header, file('README.md', readme), file('old.txt', 'old'), lfs('model.bin', object)],
    'ada/moving',
  )
  const as = RepoId.parse('alice/moving')
  const first = await run({ as, name: 'ada/moving' })
  await source.commit(
    [header, { key: 'deletedFile', value: { path: 'old.txt' } }, file('new.txt', 'new')],
    'ada/moving',
  )
  wire.clear()
  const next = await run({ as, name: 'ada/moving' })
  expect(next).toMatchObject({ minted: false, deletedFiles: 1, sentBytes: 3 })
  expect(next.root).not.toBe(first.root)
  expect(wire.files().sort()).toEqual(['README.md', 'new.txt'])
})

test('behavior: what is private needs the token of the source, which no other host ever sees', async () => {
  const as = RepoId.parse('alice/was-secret')
  await expect(run({ as, name: 'lab/secret' })).rejects.toMatchObject({ code: 'source_not_found', exitCode: 1 })
  await expect(run({ as, name: 'lab/secret', sourceToken: tokens.eve })).rejects.toMatchObject({
    code: 'source_not_found',
  })
  await expect(run({ as, name: 'lab/secret', sourceToken: 'hf_wrong' })).rejects.toMatchObject({
    code: 'source_refused',
  })
  wire.clear()
  const other = await startWire(source.url)
  other.on(async (_, response) => {
    response.end('secret weights')
    return true
  })
  wire.on((request, response) => {
    if (!request.url?.endsWith('model.bin')) return false
    response.writeHead(302, { location: `${other.url}/elsewhere` }).end()
    return true
  })
  const done = await run({ as, name: 'lab/secret', sourceToken: tokens.ada })
  expect(done.files).toBe(3)
  expect(other.asked).toEqual([{ path: '/elsewhere', range: undefined, authorization: undefined }])
  expect(wire.asked.every(({ authorization }) => authorization === `Bearer ${tokens.ada}`)).toBe(true)
  await other.close()
})

test('behavior: a source that cuts, fails and limits is asked again, from where it stopped', async () => {
  let cuts = 0
  let refusals = 0
  wire.on(async (request, response, body) => {
    if (refusals < 1 && request.url?.includes('/tree/')) {
      refusals += 1
      response.writeHead(429, { 'retry-after': '1' }).end()
      return true
    }
    if (refusals < 2 && request.url?.endsWith('README.md')) {
      refusals += 1
      response.writeHead(503).end()
      return true
    }
    if (cuts >= 2 || !request.url?.endsWith('model.bin')) return false
    cuts += 1
    const answer = await body()
    response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length })
    response.write(answer.body.subarray(0, 1_000_000), () => response.destroy())
    return true
  })
  const done = await run({ as: RepoId.parse('alice/cut') })
  expect(done).toMatchObject({ files: 7, anchored: true })
  const ranges = wire.asked.filter(({ path }) => path.endsWith('model.bin')).map(({ range }) => range)
  expect(ranges).toHaveLength(3)
  expect(ranges[0]).toBeUndefined()
  expect(ranges[2]).toMatch(/^bytes=[1-9]\d*-$/)
})

test('behavior: a source that falls silent is given up, and what came is kept for the next try', async () => {
  wire.on(async (request, response, body) => {
    if (!request.url?.endsWith('model.bin') || request.headers.range) return false
    const answer = await body()
    response.writeHead(200, { 'content-length': answer.body.length })
    response.write(answer.body.subarray(0, 2_000_000))
    return true
  })
  const done = await run({ as: RepoId.parse('alice/silent'), stallMs: 700 })
  expect(done.anchored).toBe(true)
  expect(done.fetchedBytes).toBeLessThan(weights.length + 2000)
})

test('error: a source that lies about bytes is found out, and nothing of it is published', async () => {
  for (const [forged, name] of [
    ['config.json', 'lied-small'],
    ['model.bin', 'lied'],
  ] as const) {
    wire.on(async (request, response, body) => {
      if (!request.url?.endsWith(forged)) return false
      const { headers, body: bytes } = await body()
      bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1
      response.writeHead(200, headers).end(bytes)
      return true
    })
    await expect(run({ as: RepoId.parse(`alice/${name}`) })).rejects.toMatchObject({ code: 'source_lied', exitCode: 3 })
  }
  wire.on(async (request, response) => {
    if (!request.url?.endsWith('model.bin')) return false
    response.writeHead(200)
    const flood = setInterval(() => response.write(Buffer.alloc(1 << 20)), 1)
    response.on('close', () => clearInterval(flood))
    return true
  })
  await expect(run({ as: RepoId.parse('alice/lied') })).rejects.toMatchObject({ code: 'source_lied' })
  expect((await fetch(`${network.url}/api/dehug/manifest/model/alice/lied/head`)).status).toBe(404)
})

test.each([
  ['a path that climbs out', [{ type: 'file', path: '../x', oid: 'a'.repeat(40), size: 1 }], 'bad_path'],
  ['a path twice', Array(2).fill({ type: 'file', path: 'x', oid: 'a'.repeat(40), size: 1 }), 'bad_path'],
  ['a negative size', [{ type: 'file', path: 'x', oid: 'a'.repeat(40), size: -1 }], 'bad_source_listing'],
  ['no oid', [{ type: 'file', path: 'x', size: 1 }], 'bad_source_listing'],
  ['nothing', [], 'bad_source_listing'],
  ['no list', { error: 'x' }, 'bad_source_listing'],
])('error: a listing with %s is refused before anything is fetched', async (_, listing, code) => {
  wire.on((request, response) => {
    if (!request.url?.includes('/tree/')) return false
    response.end(JSON.stringify(listing))
    return true
  })
  await expect(run({ as: RepoId.parse('alice/never') })).rejects.toMatchObject({ code })
  expect(wire.files()).toEqual([])
})

test('error: pages that go round in a circle or to another host, and redirects that never end', async () => {
  for (const [link, code] of [
    [`${wire.url}/api/models/ada/open/tree/x`, 'bad_source_listing'],
    ['http://127.0.0.1:1/api', 'bad_source_listing'],
  ] as const) {
    wire.on((request, response) => {
      if (!request.url?.includes('/tree/')) return false
      response.setHeader('link', `<${link}>; rel="next"`)
      response.end(JSON.stringify([{ type: 'directory', path: 'd', oid: 'a'.repeat(40), size: 0 }]))
      return true
    })
    await expect(run({ as: RepoId.parse('alice/never') })).rejects.toMatchObject({ code })
  }
  for (const location of ['/again', 'file:///etc/passwd', '']) {
    wire.on((_, response) => {
      response.writeHead(302, { location }).end()
      return true
    })
    await expect(run({ as: RepoId.parse('alice/never') })).rejects.toMatchObject({ code: 'bad_redirect' })
  }
})

test('error: no license, pickles and names that hold something else are refused early', async () => {
  const create = async (name: string, files: Record<string, string>) => {
    await source.json('POST', '/api/repos/create', { name })
    await source.commit([header, ...Object.entries(files).map(([path, text]) => file(path, text))], `ada/${name}`)
  }
  await create('no-license', { 'data.txt': 'x' })
  await create('pickled', { 'README.md': readme, 'weights.pkl': 'x', 'model.safetensors': 'y' })
  const as = RepoId.parse('alice/refused')
  await expect(run({ as, name: 'ada/no-license' })).rejects.toMatchObject({ code: 'license_missing' })
  await expect(run({ as, name: 'ada/pickled' })).rejects.toMatchObject({ code: 'pickle_refused' })
  expect(wire.files()).toEqual([])
  expect(await run({ as, name: 'ada/no-license', license: 'mit' })).toMatchObject({ license: 'MIT' })
  const marked = await run({ as: RepoId.parse('alice/pickled'), name: 'ada/pickled', allowPickle: true })
  expect(marked.unsafe).toEqual(['weights.pkl'])
  const partial = await run({ as: RepoId.parse('alice/partial'), name: 'ada/pickled', exclude: ['*.pkl'] })
  expect(partial).toMatchObject({ excludedFiles: 1, files: 3, unsafe: [] })

  const folder = join(import.meta.dirname, '../../fixtures/dehug-vision')
  await network.client('alice').push({ folder, repo: RepoId.parse('alice/own') })
  await expect(run({ as: RepoId.parse('alice/own') })).rejects.toMatchObject({ code: 'not_an_import' })
  await expect(run({ as: RepoId.parse('bob/mirror') })).rejects.toMatchObject({ status: 403 })
})

test('behavior: without a chain signature only the files are taken over', async () => {
  const done = await run({ as: RepoId.parse('alice/quiet'), anchor: false })
  expect(done).toMatchObject({ anchored: false, tx: null, minted: false, files: 7 })
  expect((await fetch(`${network.url}/api/dehug/manifest/model/alice/quiet/head`)).status).toBe(404)
  expect(await run({ as: RepoId.parse('alice/quiet') })).toMatchObject({
    anchored: true,
    minted: true,
    commit: done.commit,
  })
})
