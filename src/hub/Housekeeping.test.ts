import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Account, Blob, Xet } from '../catalog/index.ts'
import { fileOf, xorbOf } from '../store/xet/testing/xorbs.ts'
import { sweepOnce } from './Housekeeping.ts'
import { startTestHub, type TestHub, tokens } from './start-test-hub.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
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

/** A file of one chunk that was sent as a xorb and as a shard, with what the catalog remembers of both. */
const compose = async () => {
  const { store, catalog, clock } = hub.context
  const xorb = xorbOf([randomBytes(5000)])
  await store.xorbs.put(xorb.hash, [xorb.bytes] as never)
  const ada = await Account.byName(catalog.db, 'ada')
  await Xet.recordXorb(catalog.db, ada!.id, xorb.hash, clock())
  const file = fileOf([{ xorb, start: 0, end: 1 }])
  const { cid, sha256, size } = await store.xorbs.compose(file)
  const uses = new Map([[xorb.hash, [{ start: 0, end: 1 }]]])
  await Xet.recordFile(catalog.db, { file: { cid, sha256, size, hash: file.hash }, uses, chunks: [xorb.hash] })
  const remembered = async () => ({
    file: (await Xet.byHash(catalog.db, file.hash)) !== undefined,
    sent: (await Xet.sent(catalog.db, ada!.id, [xorb.hash])).size === 1,
  })
  return { cid, xorb, file, remembered }
}

test('behavior: what the catalog knows of chunks goes with them', async () => {
  const { store, catalog } = hub.context
  const [kept, left] = [await compose(), await compose()]
  await store.pin(kept.cid, 'test')
  await store.collectGarbage({ keep: [], graceMs: 0, xorbGraceMs: -hourMs })
  expect(await store.xorbs.has(left.xorb.hash)).toBe(false)

  const present = { hasFile: async () => true, hasXorb: async () => true }
  for (const name of ['hasFile', 'hasXorb'] as const) {
    // Sent again between the look and the removal.
    let looks = 0
    await Xet.forgetGone(catalog.db, { ...present, [name]: async () => looks++ > 1 })
    expect(await left.remembered()).toEqual({ file: true, sent: true })
  }
  await sweepOnce(hub.context, 7 * dayMs)
  expect(await left.remembered()).toEqual({ file: false, sent: false })
  expect(await kept.remembered()).toEqual({ file: true, sent: true })
  const { rows } = await catalog.db.execute<{ cid: string }>(
    'select cid from catalog.xet_uses union select cid from catalog.xet_chunks',
  )
  expect(rows).toEqual([{ cid: kept.cid }])
})
