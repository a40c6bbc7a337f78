import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RepoId, Version } from '../src/core/index.ts'
import { file, header, lfs, startHubClient } from '../src/hub/hub-client.ts'
import { tokens } from '../src/hub/start-test-hub.ts'
import { startHubNetwork } from '../src/sdk/testing.ts'
import { digestFile } from '../src/store/index.ts'

const gib = 2 ** 30
let source: Awaited<ReturnType<typeof startHubClient>>
let network: Awaited<ReturnType<typeof startHubNetwork>>
let dir: string
const readme = '---\nlicense: apache-2.0\n---\n'

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dehug-carry-heavy-'))
  source = await startHubClient()
  network = await startHubNetwork()
}, 180_000)
afterAll(async () => {
  await source?.stop()
  await network?.stop()
  await rm(dir, { recursive: true, force: true })
})

const importAs = (name: string, as: string) =>
  network.client('alice').importRepo({
    ...{ from: source.url, type: 'model', name, revision: 'main', as: RepoId.parse(as), parallel: 8 },
  })

test('behavior: 2,000 small files are taken over, and a second time none of them', async () => {
  const memory = watchMemory()
  await source.json('POST', '/api/repos/create', { name: 'many' })
  const files = Array.from({ length: 2000 }, (_, i) => file(`data/${i % 50}/${i}.json`, JSON.stringify({ i })))
  expect((await source.commit([header(), file('README.md', readme), ...files], 'ada/many')).status).toBe(200)
  const first = await importAs('ada/many', 'alice/many')
  expect(first).toMatchObject({ files: 2002, anchored: true })
  const again = await importAs('ada/many', 'alice/many')
  expect(again).toMatchObject({ root: first.root, sentBytes: 0, tx: null })
  expect(again.fetchedBytes).toBeLessThan(1000)
  expect(memory.grownMiB()).toBeLessThan(300)
}, 600_000)

test('behavior: a file of 1 GiB is imported, bundled, checked and unpacked in little memory', async () => {
  const path = join(dir, 'model.bin')
  const sparse = await open(path, 'w')
  await sparse.truncate(gib)
  for (let at = 0; at < gib; at += 7 * 2 ** 20) await sparse.write(randomBytes(2 ** 20), 0, 2 ** 20, at)
  await sparse.close()
  const { sha256, size } = await digestFile(path)
  const { actions } = await batch(sha256, size)
  const put = await fetch(actions.upload.href, {
    ...{
      method: 'PUT',
      body: createReadStream(path) as never,
      duplex: 'half',
      headers: { 'content-length': String(size) },
    },
  } as RequestInit)
  expect(put.status).toBe(200)
  await source.json('POST', new URL(actions.verify.href).pathname, { oid: sha256, size }, tokens.ada)
  await source.commit([header(), file('README.md', readme), lfs('model.bin', { oid: sha256, size })])
  const memory = watchMemory()
  await importAs('ada/open', 'alice/large')
  const car = join(dir, 'large.car')
  const exported = await network.client('alice').exportBundle({ version: Version.parse('alice/large'), to: car })
  expect(exported.bundleBytes).toBe((await stat(car)).size)
  expect(exported.bundleBytes).toBeLessThan(gib / 3)
  expect(await network.client('alice').verifyBundle({ path: car })).toMatchObject({ checked: 'signature' })
  await network.client('alice').importBundle({ path: car, folder: join(dir, 'unpacked') })
  expect((await digestFile(join(dir, 'unpacked/model.bin'))).sha256).toBe(sha256)
  expect(memory.grownMiB()).toBeLessThan(300)
}, 600_000)

const batch = async (oid: string, size: number) => {
  const answer = await source.send('POST', '/ada/open.git/info/lfs/objects/batch', {
    token: tokens.ada,
    headers: { 'content-type': 'application/vnd.git-lfs+json' },
    body: JSON.stringify({ operation: 'upload', transfers: ['basic'], objects: [{ oid, size }], hash_algo: 'sha256' }),
  })
  return (await answer.json()).objects[0]
}

/** How much this process takes more at its most; both hubs run in it too. */
function watchMemory() {
  const start = process.memoryUsage().rss
  let most = start
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss)
  }, 50)
  return {
    grownMiB: () => {
      clearInterval(timer)
      return (most - start) / 2 ** 20
    },
  }
}
