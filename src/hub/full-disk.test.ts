import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DiskStore } from '../store/index.ts'
import { startTestHub, type TestHub, tokens } from './start-test-hub.ts'

/** Only root may mount the small disk that this needs. */
const disk = mkdtempSync(join(tmpdir(), 'dehug-disk-'))
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]).status === 0

let hub: TestHub
let store: DiskStore
beforeAll(async () => {
  if (!mounted) return
  store = await DiskStore.open({ dir: join(disk, 'store') })
  hub = await startTestHub({ store })
})
afterAll(async () => {
  await hub?.stop()
  await store?.close()
  if (mounted) spawnSync('umount', [disk])
  rmSync(disk, { recursive: true, force: true })
})

const send = (method: string, path: string, type: string, body: string) =>
  fetch(hub.url + path, { method, headers: { authorization: `Bearer ${tokens.ada}`, 'content-type': type }, body })

test.runIf(mounted)('error: a full disk is said in headers and body, and leaves nothing half-done', async () => {
  await send('POST', '/api/repos/create', 'application/json', '{"name":"full"}')
  const bytes = randomBytes(3_000_000)
  const oid = createHash('sha256').update(bytes).digest('hex')
  const objects = [{ oid, size: bytes.length }]
  const batch = await send(
    'POST',
    '/ada/full.git/info/lfs/objects/batch',
    'application/vnd.git-lfs+json',
    JSON.stringify({ operation: 'upload', objects }),
  )
  const { href } = (await batch.json()).objects[0].actions.upload
  const answer = await fetch(href, { method: 'PUT', body: bytes })
  expect([answer.status, answer.headers.get('x-error-code')]).toEqual([507, 'StoreFull'])
  const lines = [
    { key: 'header', value: { summary: 'too much' } },
    { key: 'file', value: { path: 'small.txt', content: 'fits', encoding: 'utf-8' } },
    { key: 'file', value: { path: 'large.txt', content: bytes.toString('base64'), encoding: 'base64' } },
  ]
  const commit = await send(
    'POST',
    '/api/models/ada/full/commit/main',
    'application/x-ndjson',
    lines.map((line) => JSON.stringify(line)).join('\n'),
  )
  expect([commit.status, (await commit.json()).code]).toEqual([507, 'store_full'])
  const { siblings } = await (await send('GET', '/api/models/ada/full', 'text/plain', undefined as never)).json()
  expect(siblings).toEqual([{ rfilename: '.gitattributes' }])
  expect(readdirSync(store.layout.temporary)).toEqual([])
})
