import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Blob } from '../catalog/index.ts'
import { sweepOnce } from './Housekeeping.ts'
import { startTestHub, type TestHub, tokens } from './start-test-hub.ts'

const dayMs = 24 * 3_600_000
let hub: TestHub
let days = 0
beforeAll(async () => {
  hub = await startTestHub({ clock: () => new Date(Date.now() + days * dayMs) })
})
afterAll(() => hub?.stop())

const send = async (text: string): Promise<{ oid: string; size: number }> => {
  const bytes = Buffer.from(text)
  const oid = createHash('sha256').update(bytes).digest('hex')
  const batch = await post('/ada/house.git/info/lfs/objects/batch', {
    operation: 'upload',
    objects: [{ oid, size: bytes.length }],
  })
  const { objects } = (await batch.json()) as { objects: { actions: { upload: { href: string } } }[] }
  await fetch(objects[0]?.actions.upload.href as string, { method: 'PUT', body: bytes })
  return { oid, size: bytes.length }
}

const post = (path: string, body: object | string) =>
  fetch(hub.url + path, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${tokens.ada}`,
      'content-type': typeof body === 'string' ? 'application/x-ndjson' : 'application/json',
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

test('behavior: what was sent and never committed goes after a week, and nothing else does', async () => {
  await post('/api/repos/create', { name: 'house', type: 'model' })
  const kept = await send('kept '.repeat(1000))
  const left = await send('left '.repeat(1000))
  const header = { key: 'header', value: { summary: 'one file' } }
  const file = { key: 'lfsFile', value: { path: 'kept.bin', algo: 'sha256', ...kept } }
  expect(
    (await post('/api/models/ada/house/commit/main', `${JSON.stringify(header)}\n${JSON.stringify(file)}`)).ok,
  ).toBe(true)
  const { store, catalog } = hub.context
  const grace = { keep: Blob.kept(catalog.db), graceMs: 0 }

  days = 6
  await sweepOnce(hub.context, 7 * dayMs)
  await store.collectGarbage(grace)
  expect(await store.findBySha256(left.oid)).toMatchObject({ size: left.size })

  days = 8
  await sweepOnce(hub.context, 7 * dayMs)
  await store.collectGarbage({ ...grace, keep: Blob.kept(catalog.db) })
  expect(await store.findBySha256(left.oid)).toBeUndefined()
  expect(await (await fetch(`${hub.url}/ada/house/resolve/main/kept.bin`)).text()).toBe('kept '.repeat(1000))
})
