import { execFileSync } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as Account from './Account.ts'
import * as Blob from './Blob.ts'
import * as Commit from './Commit.ts'
import { type Catalog, openCatalog, sharedSecret } from './database.ts'
import { type EmbeddedPostgres, startPostgres } from './embedded-postgres.ts'
import { oid } from './GitObject.ts'
import * as Onchain from './Onchain.ts'
import * as Repo from './Repo.ts'
import * as RepoList from './RepoList.ts'
import * as Rights from './Rights.ts'
import { parseSeed, seed } from './seed.ts'
import * as Token from './Token.ts'
import * as Tree from './Tree.ts'

let dir: string
let postgres: EmbeddedPostgres
let catalog: Catalog
let ada: Account.Account
const now = new Date('2026-01-02T03:04:05Z')

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dehug-catalog-'))
  postgres = await startPostgres({ dir, port: 0, settings: { fsync: 'off' } })
  const opened = await Promise.all([1, 2, 3].map(() => openCatalog({ databaseUrl: postgres.url, connections: 4 })))
  catalog = opened[0] as Catalog
  for (const other of opened.slice(1)) await other.close()
  ada = await Account.create(catalog.db, { kind: 'user', name: 'Ada' }, now)
})
afterAll(async () => {
  await catalog?.close()
  await postgres?.stop()
  await rm(dir, { recursive: true, force: true })
})

const author = { name: 'Ada', email: 'ada@example.org' }
const blobOf = (text: string): Blob.Blob => ({
  oid: oid('blob', Buffer.from(text)),
  sha256: Buffer.from(text.padEnd(32, '.')).toString('hex').slice(0, 64),
  cid: `cid-${text}`,
  size: text.length,
  lfs: false,
})
const put = (path: string, text = path): Commit.Change => ({ kind: 'put', path, blob: blobOf(text) })
const drop = (path: string): Commit.Change => ({ kind: 'delete', path })

let count = 0
const newRepo = (visibility: Repo.Visibility = 'public') =>
  Repo.insert(
    catalog.db,
    { id: { type: 'model', namespace: 'ada', name: `m${++count}` }, owner: ada, creator: ada, visibility },
    now,
  )
const commit = (repo: Repo.Repo, changes: Commit.Change[], parent?: string) =>
  Commit.apply(catalog.db, repo, { ref: Commit.mainRef, changes, author, message: 'change', parent, now })
const filesAt = async (repo: Repo.Repo, at: string) => {
  const found = await Tree.commitAt(catalog.db, repo.id, at)
  const nodes = await Tree.list(catalog.db, repo.id, { path: '', type: 'directory', oid: found?.tree as string }, true)
  return nodes.filter(({ type }) => type === 'file').map(({ path }) => path)
}

test('behavior: several processes bring an empty database up to date at once and share one secret', async () => {
  const [a, b] = await Promise.all([sharedSecret(catalog.db, 'x'), sharedSecret(catalog.db, 'x')])
  expect(Buffer.from(a).equals(b)).toBe(true)
})

test('behavior: any sequence of changes leaves the files a map would hold', async () => {
  const paths = ['a', 'b', 'dir/a', 'dir/b', 'dir/deep/x', 'other/y']
  const change = fc.record({ path: fc.constantFrom(...paths), text: fc.constantFrom('1', '2', undefined) })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 4 }), async (commits) => {
      const repo = await newRepo()
      const files = new Map<string, string>()
      let head = (await commit(repo, [put('start')])).oid
      files.set('start', 'start')
      for (const changes of commits) {
        const applied = changes.flatMap(({ path, text }) => {
          if (text === undefined) return files.delete(path) ? [drop(path)] : []
          files.set(path, text)
          return [put(path, text)]
        })
        head = (await commit(repo, applied, head)).oid
      }
      expect(await filesAt(repo, head)).toEqual([...files.keys()].sort())
    }),
    { numRuns: 25 },
  )
})

test('behavior: nothing changed makes no commit', async () => {
  const repo = await newRepo()
  const first = await commit(repo, [put('a')])
  expect(await commit(repo, [put('a')])).toEqual({ oid: first.oid, parents: [], changed: false })
})

test('behavior: deleting a folder, and everything', async () => {
  const repo = await newRepo()
  await commit(repo, [put('a'), put('dir/b'), put('dir/c')])
  expect(await filesAt(repo, (await commit(repo, [drop('dir')])).oid)).toEqual(['a'])
  expect(await filesAt(repo, (await commit(repo, [drop('')])).oid)).toEqual([])
})

test('error: of two commits on the same parent one is refused and leaves nothing', async () => {
  const repo = await newRepo()
  const first = await commit(repo, [put('a')])
  const results = await Promise.allSettled([commit(repo, [put('b')], first.oid), commit(repo, [put('c')], first.oid)])
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  const refused = results.find(({ status }) => status === 'rejected') as PromiseRejectedResult
  expect(refused.reason).toBeInstanceOf(Commit.BranchMoved)
  expect(refused.reason.message).toBe(
    'The branch was updated since you opened this page. Please refresh and try again.',
  )
  const found = await Repo.find(catalog.db, Repo.idOf(repo))
  expect((await filesAt(repo, found?.head as string)).length).toBe(2)
})

test.each([
  [[put('README.md'), put('readme.MD')], 'collides'],
  [[put('a'), put('a/b')], 'is a file and cannot be a folder'],
  [[put('a/b'), put('a')], 'a folder of this name is there'],
  [[put('Dir/a'), put('dir/b')], 'collides'],
  [[drop('nope')], 'There is nothing at "nope"'],
])('error: %# collisions and missing paths are refused', async (changes, message) => {
  const repo = await newRepo()
  await commit(repo, [put('start')])
  await expect(commit(repo, changes)).rejects.toThrow(message)
  const found = await Repo.find(catalog.db, Repo.idOf(repo))
  expect(await filesAt(repo, found?.head as string)).toEqual(['start'])
})

test('behavior: revisions are branches, full and short commit ids', async () => {
  const repo = await newRepo()
  const made = await commit(repo, [put('a')])
  const fresh = (await Repo.find(catalog.db, Repo.idOf(repo))) as Repo.Repo
  for (const rev of ['main', 'HEAD', 'refs/heads/main', made.oid, made.oid.slice(0, 7)]) {
    expect((await Tree.revision(catalog.db, fresh, rev))?.oid).toBe(made.oid)
  }
  for (const rev of ['nope', made.oid.slice(0, 6), '', '\0', '%', 'f'.repeat(40)]) {
    expect(await Tree.revision(catalog.db, fresh, rev)).toBeUndefined()
  }
})

test('behavior: tokens are hashed, scoped, expire and can be revoked', async () => {
  const { db } = catalog
  const grant = { name: 'laptop', scope: 'read' as const, expiresAt: new Date(now.getTime() + 1000) }
  const { secret, token } = await Token.issue(db, ada, grant, now)
  expect(secret).toMatch(/^hf_[\w-]{43}$/)
  expect(JSON.stringify(token)).not.toContain(secret)
  expect((await Token.find(db, secret, now))?.user.name).toBe('Ada')
  expect(await Token.find(db, secret, grant.expiresAt)).toBeUndefined()
  await Token.revoke(db, ada, token.id, now)
  expect(await Token.find(db, secret, now)).toBeUndefined()
  await expect(Token.revoke(db, ada, token.id, now)).rejects.toThrow('There is no token')
})

test('behavior: bytes are referable by who sent or may read them, not by who knows their hash', async () => {
  const { db } = catalog
  const eve = await Account.create(db, { kind: 'user', name: `eve${++count}` }, now)
  const holderOf = async (user: Account.Account, repos?: string[]): Promise<Token.Holder> => {
    const limits = repos?.map((entity) => ({ entity, permissions: ['repo.write'] }))
    const rights = limits && Rights.from({ scoped: limits })
    const scope = rights ? 'fineGrained' : 'write'
    const { token } = await Token.issue(db, user, { name: 't', scope, rights }, now)
    return { user, token }
  }
  const secret = await newRepo('private')
  await commit(secret, [put('w', 'private weights')])
  const { sha256 } = blobOf('private weights')
  expect(await Blob.referable(db, sha256, await holderOf(ada))).toBeDefined()
  expect(await Blob.referable(db, sha256, await holderOf(ada, ['model:ada/other']))).toBeUndefined()
  expect(await Blob.referable(db, sha256, await holderOf(eve))).toBeUndefined()
  expect(await Blob.isPublic(db, 'cid-private weights')).toBe(false)
  await Blob.recordUpload(db, eve.id, { sha256, cid: 'cid-private weights', size: 15 }, now)
  expect(await Blob.referable(db, sha256, await holderOf(eve))).toMatchObject({ size: 15 })
  const open = await newRepo()
  await commit(open, [put('w', 'public weights')])
  expect(await Blob.referable(db, blobOf('public weights').sha256, await holderOf(eve))).toBeDefined()
  expect(await Blob.isPublic(db, 'cid-public weights')).toBe(true)
  const kept: string[] = []
  for await (const cid of Blob.kept(db, 2)) kept.push(cid)
  expect(kept).toContain('cid-private weights')
  expect(kept).toEqual([...new Set(kept)].sort())
})

test('behavior: pages of a listing hold every repository once', async () => {
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await RepoList.list(catalog.db, { type: 'model', author: 'ADA', limit: 7, cursor }, undefined)
    seen.push(...page.repos.map(({ key }) => key))
    cursor = page.next
  } while (cursor)
  expect(new Set(seen).size).toBe(seen.length)
  const all = await RepoList.list(catalog.db, { type: 'model', limit: 1000 }, undefined)
  expect(seen.length).toBe(all.repos.length)
})

test('error: a foreign cursor is refused', async () => {
  const cursors = fc.oneof(
    fc.string(),
    fc.json().map((text) => Buffer.from(text).toString('base64url')),
  )
  await fc.assert(
    fc.asyncProperty(cursors, async (cursor) => {
      const query = { type: 'model' as const, limit: 1, cursor }
      await expect(RepoList.list(catalog.db, query, undefined)).rejects.toMatchObject({ code: 'bad_cursor' })
    }),
    { numRuns: 100 },
  )
})

test('behavior: a seed can be applied twice', async () => {
  const text = JSON.stringify({
    users: [{ name: 'grace', tokens: ['hf_seed_grace'] }],
    orgs: [{ name: 'navy', plan: 'enterprise', members: [{ user: 'grace', role: 'write' }] }],
  })
  await seed(catalog.db, parseSeed(text), now)
  await seed(catalog.db, parseSeed(text), now)
  const holder = await Token.find(catalog.db, 'hf_seed_grace', now)
  const memberships = await Account.memberships(catalog.db, holder?.user.id as string)
  expect(memberships.map(({ org, role }) => [org.name, role])).toEqual([['navy', 'write']])
})

test('error: a name is taken whatever its letter case, or reserved', async () => {
  for (const name of ['ADA', 'datasets', 'v1', `0x${'ab'.repeat(20)}`]) {
    await expect(Account.create(catalog.db, { kind: 'user', name }, now)).rejects.toThrow(
      `The name "${name}" is taken.`,
    )
  }
})

test('behavior: facts of the chain are read where an indexer wrote them, and missing where none did', async () => {
  const { db, pool } = catalog
  expect(await Onchain.models(db, ['model:ada/x'])).toEqual(new Map())
  await pool.query(`create schema onchain;
    create table onchain.model (id numeric(78), owner text, head text, versions int, creator_bps int, claimed numeric(78),
      creator_total numeric(78), holder_total numeric(78), jobs numeric(78));
    create table onchain.model_name (repo text, model_id numeric(78));
    insert into onchain.model values (7, '0xab', null, 2, 2000, 100, 10, 11, 12);
    insert into onchain.model_name values ('model:ada/x', 7)`)
  // A table that was missing is looked for again within seconds.
  const ofX = async () => (await Onchain.models(db, ['model:ada/x', 'model:ada/y'])).get('model:ada/x')
  await expect.poll(ofX, { timeout: 10_000 }).toEqual({
    modelId: 7n,
    owner: '0xab',
    head: null,
    versions: 2,
    creatorBps: 2000,
    claimedMicroUsdc: 100n,
    creatorMicroUsdc: 10n,
    holderMicroUsdc: 11n,
    jobs: 12n,
  })
})

test('behavior: the migrations are those of the tables', async () => {
  const out = await mkdtemp(join(tmpdir(), 'dehug-migrations-'))
  await cp(join(import.meta.dirname, 'migrations'), out, { recursive: true })
  const root = join(import.meta.dirname, '../..')
  const args = [
    'generate',
    '--dialect',
    'postgresql',
    '--schema',
    'src/catalog/tables/index.ts',
    '--out',
    relative(root, out),
  ]
  const said = execFileSync(join(root, 'node_modules/.bin/drizzle-kit'), args, { cwd: root, encoding: 'utf8' })
  expect(said).toContain('No schema changes')
  await rm(out, { recursive: true })
})
