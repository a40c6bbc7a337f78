import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Blob, Repo, Version } from '../catalog/index.ts'
import { RepoId } from '../core/index.ts'
import { sweepOnce } from './Housekeeping.ts'
import { lfs, sha256 } from './hub-client.ts'
import { startTestHub, type TestHub, tokens } from './start-test-hub.ts'

const dayMs = 24 * 3_600_000
let hub: TestHub
let days = 0
beforeAll(async () => {
  hub = await startTestHub({ clock: () => new Date(Date.now() + days * dayMs) })
})
afterAll(() => hub?.stop())

const call = async (method: string, path: string, body?: object | string) => {
  const answer = await fetch(hub.url + path, {
    method,
    headers: {
      authorization: `Bearer ${tokens.ada}`,
      'content-type': typeof body === 'string' ? 'application/x-ndjson' : 'application/json',
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { ok: answer.ok, status: answer.status, json: () => JSON.parse(text) }
}

const bytesOf = (run: number, content: number) => Buffer.from(`${run} ${content} `.repeat(500))

const commit = async (run: number, repo: string, rev: string, file: string, content: number, query = '') => {
  const bytes = bytesOf(run, content)
  const object = { oid: sha256(bytes), size: bytes.length }
  const wish = { operation: 'upload', objects: [object] }
  const { objects } = (await call('POST', `/${repo}.git/info/lfs/objects/batch`, wish)).json()
  const href = objects?.[0]?.actions?.upload?.href
  if (href) await fetch(href, { method: 'PUT', body: bytes })
  const lines = [{ key: 'header', value: { summary: file } }, lfs(`${file}.bin`, object)]
  const body = lines.map((line) => JSON.stringify(line)).join('\n')
  return call('POST', `/api/models/${repo}/commit/${encodeURIComponent(rev)}${query}`, body)
}

const repoOf = (name: string) => Repo.find(hub.context.catalog.db, RepoId.parse(name))

/** Publishes the head, as far as the catalog knows; no chain is asked. */
const publish = async (name: string): Promise<void> => {
  const repo = await repoOf(name)
  if (!repo) return
  const { db } = hub.context.catalog
  const { cid: manifestCid } = await hub.context.store.put(Buffer.from(`manifest of ${repo.head}`))
  const root = `0x${sha256(Buffer.from(repo.head))}`
  const version = { repoId: repo.id, root, manifestCid, commit: repo.head, parent: '', fileCount: 1 }
  await Version.record(db, { ...version, delegated: false }, new Date())
  await Version.anchored(db, repo.id, root, null, new Date())
}

const branch = fc.constantFrom('main', 'dev')
const file = fc.constantFrom('a', 'b')
const content = fc.integer({ min: 0, max: 4 })
const deed = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('commit' as const), branch, file, content }) },
  fc.record({ do: fc.constant('pull' as const), file, content }),
  fc.record({ do: fc.constant('merge' as const) }),
  fc.record({ do: fc.constant('branch' as const) }),
  fc.record({ do: fc.constant('drop branch' as const) }),
  fc.record({ do: fc.constant('squash' as const), branch }),
  fc.record({ do: fc.constant('delete file' as const), content, rewriteHistory: fc.boolean() }),
  fc.record({ do: fc.constant('fork' as const) }),
  fc.record({ do: fc.constant('delete' as const), fork: fc.boolean() }),
  fc.record({ do: fc.constant('publish' as const) }),
)
type Deed = typeof deed extends fc.Arbitrary<infer T> ? T : never

/** Does it, or is refused: both are fine. */
const perform = async (run: number, deed: Deed): Promise<void> => {
  const [repo, fork] = [`ada/swept-${run}`, `ada/fork-${run}`]
  const api = `/api/models/${repo}`
  if (deed.do === 'commit') await commit(run, repo, deed.branch, deed.file, deed.content)
  if (deed.do === 'pull') await commit(run, repo, 'main', deed.file, deed.content, '?create_pr=1')
  if (deed.do === 'merge') await call('POST', `${api}/discussions/1/merge`, {})
  if (deed.do === 'branch') await call('POST', `${api}/branch/dev`, {})
  if (deed.do === 'drop branch') await call('DELETE', `${api}/branch/dev`)
  if (deed.do === 'squash') await call('POST', `${api}/super-squash/${deed.branch}`, {})
  if (deed.do === 'delete file') {
    const sha = [sha256(bytesOf(run, deed.content))]
    await call('POST', `${api}/lfs-files/batch`, { deletions: { sha, rewriteHistory: deed.rewriteHistory } })
  }
  if (deed.do === 'fork') await call('POST', `${api}/duplicate`, { repository: fork })
  if (deed.do === 'delete')
    await call('DELETE', '/api/repos/delete', { name: `${deed.fork ? 'fork' : 'swept'}-${run}` })
  if (deed.do === 'publish') await publish(repo)
}

/** The large files that some commit of a repository leads to: what may not be lost. */
const reachable = async (name: string): Promise<Map<string, string>> => {
  const found = new Map<string, string>()
  const repo = await repoOf(name)
  if (!repo) return found
  const { rows: published } = await hub.context.catalog.pool.query(
    'select commit from catalog.versions where repo_id = $1',
    [repo.id],
  )
  const { rows: named } = await hub.context.catalog.pool.query('select oid from catalog.refs where repo_id = $1', [
    repo.id,
  ])
  const tips = [...published.map(({ commit }) => commit), ...named.map(({ oid }) => oid)]
  for (const tip of new Set<string>(tips)) {
    const commits = (await call('GET', `/api/models/${name}/commits/${tip}?limit=100`)).json() as { id: string }[]
    for (const { id } of commits) {
      const tree = (await call('GET', `/api/models/${name}/tree/${id}?recursive=1`)).json()
      for (const { path, lfs: large } of tree) if (large) found.set(large.oid, `/${name}/resolve/${id}/${path}`)
    }
  }
  return found
}

const collect = async (): Promise<void> => {
  await sweepOnce(hub.context, 7 * dayMs)
  const { store, catalog } = hub.context
  await store.collectGarbage({ keep: Blob.kept(catalog.db), graceMs: 0 })
}

let runs = 0
test('property: what a branch, pull request, version or fork leads to stays; what nothing leads to goes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { minLength: 6, maxLength: 14 }), async (deeds) => {
      const run = ++runs
      await call('POST', '/api/repos/create', { name: `swept-${run}` })
      for (const one of deeds) await perform(run, one)
      days += 8
      const wanted = new Map([...(await reachable(`ada/swept-${run}`)), ...(await reachable(`ada/fork-${run}`))])
      await collect()
      for (const [oid, url] of wanted) {
        const answer = await fetch(hub.url + url)
        expect([url, answer.status, sha256(Buffer.from(await answer.arrayBuffer()))]).toEqual([url, 200, oid])
      }
      for (const content of [0, 1, 2, 3, 4]) {
        const oid = sha256(bytesOf(run, content))
        expect([content, (await hub.context.store.findBySha256(oid)) !== undefined]).toEqual([content, wanted.has(oid)])
      }
    }),
    { numRuns: 12, endOnFailure: true },
  )
}, 120_000)

test('behavior: a dropped branch can be brought back for a week; deleted files and repositories go at once', async () => {
  const [kept, gone, last] = [100, 101, 102].map((content) => sha256(bytesOf(0, content)))
  const isThere = async (oid: string | undefined) => (await hub.context.store.findBySha256(oid ?? '')) !== undefined
  await call('POST', '/api/repos/create', { name: 'short' })
  await call('POST', '/api/models/ada/short/branch/dev', {})
  const { commitOid } = (await commit(0, 'ada/short', 'dev', 'a', 100)).json()
  await commit(0, 'ada/short', 'main', 'b', 101)
  await call('DELETE', '/api/models/ada/short/branch/dev')
  days += 6
  await hub.context.catalog.pool.query('delete from catalog.uploads')
  await call('POST', '/api/models/ada/short/lfs-files/batch', { deletions: { sha: [gone], rewriteHistory: true } })
  await collect()
  expect([await isThere(kept), await isThere(gone)]).toEqual([true, false])
  expect((await call('POST', '/api/models/ada/short/branch/back', { startingPoint: commitOid })).status).toBe(200)
  days += 8
  await collect()
  expect(await isThere(kept)).toBe(true)
  expect((await call('GET', `/api/models/ada/short/revision/${commitOid}`)).status).toBe(200)
  await call('DELETE', '/api/models/ada/short/branch/back')
  days += 8
  await collect()
  expect(await isThere(kept)).toBe(false)
  expect((await call('GET', `/api/models/ada/short/revision/${commitOid}`)).status).toBe(404)

  await commit(0, 'ada/short', 'main', 'c', 102)
  await hub.context.catalog.pool.query('delete from catalog.uploads')
  await collect()
  expect(await isThere(last)).toBe(true)
  await publish('ada/short')
  const deletions = { sha: [last], rewriteHistory: false }
  expect((await call('POST', '/api/models/ada/short/lfs-files/batch', { deletions })).json().code).toBe('anchored')
  await hub.context.catalog.pool.query('delete from catalog.versions')
  expect((await call('DELETE', '/api/repos/delete', { name: 'short' })).status).toBe(200)
  await collect()
  expect(await isThere(last)).toBe(false)
})
