import { afterAll, beforeAll, expect, test } from 'vitest'
import { Commit, Repo } from '../catalog/index.ts'
import { RepoId } from '../core/index.ts'
import { DownloadCounter } from './DownloadCounter.ts'
import { file, header, startHubClient } from './hub-client.ts'

let hub: Awaited<ReturnType<typeof startHubClient>>
beforeAll(async () => {
  hub = await startHubClient()
  await hub.commit([header(), file('a.txt', 'some text')])
})
afterAll(() => hub?.stop())

const repo = async () => (await Repo.find(hub.context.catalog.db, RepoId.parse('ada/open'))) as Repo.Repo
const get = (method: string, headers: Record<string, string>) =>
  hub.send(method, '/ada/open/resolve/main/a.txt', { headers: { 'x-hf-download-counter': '1', ...headers } })

test('behavior: whole files that clients mark are counted; HEAD, ranges, and what is known already are not', async () => {
  const etag = (await get('HEAD', {})).headers.get('etag') as string
  await get('GET', { range: 'bytes=0-3' })
  expect((await get('GET', { 'if-none-match': etag })).status).toBe(304)
  await hub.send('GET', '/ada/open/resolve/main/a.txt')
  await hub.context.downloads.flush()
  expect((await repo()).downloads).toBe(0)
  await Promise.all(Array.from({ length: 20 }, async () => (await get('GET', {})).text()))
  await hub.context.downloads.flush()
  expect((await repo()).downloads).toBe(20)
})

test('behavior: many downloads are one write, and a repository that is held up waits for the next', async () => {
  const { db } = hub.context.catalog
  const counter = new DownloadCounter(db)
  const { id, downloads } = await repo()
  const versionOf = async () =>
    (await hub.context.catalog.pool.query('select xmin::text from catalog.repos where id = $1', [id])).rows[0].xmin
  const before = await versionOf()
  await db.transaction(async (tx) => {
    await Commit.lock(tx, id)
    for (let i = 0; i < 1000; i += 1) counter.count(id)
    // Does not wait for the lock.
    await counter.flush()
  })
  expect(await versionOf()).toBe(before)
  counter.count('00000000-0000-0000-0000-000000000000')
  await counter[Symbol.asyncDispose]()
  expect((await repo()).downloads).toBe(downloads + 1000)
})

test('behavior: what could not be written is written later, and stopping the hub writes the rest', async () => {
  const { db } = hub.context.catalog
  const { id, downloads } = await repo()
  let broken = true
  const shaky = new Proxy(db, {
    get: (of, name) => {
      if (name === 'execute' && broken) return () => Promise.reject(new Error('no connection'))
      const found = Reflect.get(of, name)
      return typeof found === 'function' ? found.bind(of) : found
    },
  })
  const counter = new DownloadCounter(shaky)
  counter.count(id)
  await expect(counter.flush()).rejects.toThrow('no connection')
  broken = false
  counter.count(id)
  await counter[Symbol.asyncDispose]()
  expect((await repo()).downloads).toBe(downloads + 2)
})
