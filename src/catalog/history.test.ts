import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as Account from './Account.ts'
import type * as Blob from './Blob.ts'
import * as Commit from './Commit.ts'
import { type Catalog, openCatalog } from './database.ts'
import { type EmbeddedPostgres, startPostgres } from './embedded-postgres.ts'
import { encodeCommit, encodeTree, oid } from './GitObject.ts'
import * as History from './History.ts'
import * as LastCommit from './LastCommit.ts'
import * as Merge from './Merge.ts'
import * as Ref from './Ref.ts'
import * as Repo from './Repo.ts'
import * as Rewrite from './Rewrite.ts'
import * as Tree from './Tree.ts'
import * as TreeDiff from './TreeDiff.ts'

let dir: string
let postgres: EmbeddedPostgres
let catalog: Catalog
let ada: Account.Account
const now = new Date('2026-01-02T03:04:05Z')

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dehug-history-'))
  postgres = await startPostgres({ dir, port: 0, settings: { fsync: 'off' } })
  catalog = await openCatalog({ databaseUrl: postgres.url })
  ada = await Account.create(catalog.db, { kind: 'user', name: 'Ada' }, now)
})
afterAll(async () => {
  await catalog?.close()
  await postgres?.stop()
  await rm(dir, { recursive: true, force: true })
})

const author = { name: 'Ada', email: 'ada@example.org' }
const blobOf = (text: string, lfs = false): Blob.Blob => ({
  oid: oid('blob', Buffer.from(text)),
  sha256: Buffer.from(text.padEnd(32, '.')).toString('hex').slice(0, 64),
  cid: `cid-${text}`,
  size: text.length,
  lfs,
})
const put = (path: string, text = path, lfs = false): Commit.Change => ({ kind: 'put', path, blob: blobOf(text, lfs) })
const drop = (path: string): Commit.Change => ({ kind: 'delete', path })

let count = 0
const newRepo = () =>
  Repo.insert(
    catalog.db,
    {
      id: { type: 'model', namespace: 'ada', name: `h${++count}` },
      owner: ada,
      creator: ada,
      visibility: 'public',
    },
    now,
  )
let seconds = 0
const commit = (repo: Repo.Repo, changes: Commit.Change[], more: Partial<Commit.Input> = {}) =>
  Commit.apply(catalog.db, repo, {
    ref: Ref.main,
    changes,
    author,
    message: `change ${++seconds}`,
    now: new Date(now.getTime() + seconds * 1000),
    ...more,
  })
const branch = (repo: Repo.Repo, name: string, to: string) =>
  Commit.land(catalog.db, repo, { objects: [], blobs: [], moves: [{ ref: `refs/heads/${name}`, from: '', to }], now })
const messages = async (repo: Repo.Repo, from: string, skip = 0, limit = 100) =>
  (await History.page(catalog.db, repo.id, from, skip, limit)).map(({ message }) => message.trim())

test('behavior: history is paged, also around merges, and counted', async () => {
  const { db } = catalog
  const repo = await newRepo()
  seconds = 0
  const base = await commit(repo, [put('a')])
  await branch(repo, 'dev', base.oid)
  await commit(repo, [put('b')])
  const dev = await commit(repo, [put('c')], { ref: 'refs/heads/dev' })
  const main = await commit(repo, [put('d')])
  const merge = await commit(repo, [put('c')], { merged: [dev.oid] })
  expect(merge.parents).toEqual([main.oid, dev.oid])
  expect(await History.count(db, repo.id, main.oid)).toBe(3)
  expect(await History.count(db, repo.id, merge.oid)).toBe(5)
  const all = ['change 5', 'change 4', 'change 3', 'change 2', 'change 1']
  expect(await messages(repo, merge.oid)).toEqual(all)
  expect(await messages(repo, merge.oid, 1, 2)).toEqual(all.slice(1, 3))
  expect(await messages(repo, main.oid, 1, 1)).toEqual(['change 2'])
  expect(await messages(repo, main.oid, 3, 1)).toEqual([])
  expect(await History.mergeBase(db, repo.id, main.oid, dev.oid)).toBe(base.oid)
  expect(await History.mergeBase(db, repo.id, merge.oid, dev.oid)).toBe(dev.oid)
  expect(await History.isAncestor(db, repo.id, base.oid, merge.oid)).toBe(true)
  expect(await History.isAncestor(db, repo.id, merge.oid, base.oid)).toBe(false)
})

test('behavior: the last commit of each path is the one that wrote what is there', async () => {
  const repo = await newRepo()
  seconds = 0
  await commit(repo, [put('old'), put('dir/deep/x'), put('dir/y'), put('back', '1')])
  await commit(repo, [put('back', '2')])
  await commit(repo, [put('back', '1')])
  for (let i = 0; i < 40; i += 1) await commit(repo, [put('dir/y', `${i}`)])
  const head = (await Repo.find(catalog.db, Repo.idOf(repo)))?.head as string
  const found = await Tree.commitAt(catalog.db, repo.id, head)
  const nodes = await Tree.list(catalog.db, repo.id, { path: '', type: 'directory', oid: found?.tree as string }, true)
  const last = await LastCommit.of(catalog.db, repo.id, head, nodes)
  const whole = await History.whole(catalog.db, repo.id, [...last.values()])
  const named = Object.fromEntries(
    [...last].map(([path, id]) => [path, whole.find((one) => one.oid === id)?.message.trim()]),
  )
  expect(named).toEqual({
    old: 'change 1',
    'dir/deep': 'change 1',
    'dir/deep/x': 'change 1',
    dir: 'change 43',
    'dir/y': 'change 43',
    back: 'change 3',
  })
})

test('behavior: a difference applied to one tree gives the other; a merge keeps both sides', async () => {
  const paths = ['a', 'b', 'd/a', 'd/b', 'd/e/x', 'f']
  const files = fc.dictionary(fc.constantFrom(...paths), fc.constantFrom('1', '2'))
  const treeOf = async (repo: Repo.Repo, content: Record<string, string>, name: string) => {
    await branch(repo, name, (await Repo.find(catalog.db, Repo.idOf(repo)))?.head as string)
    const changes = [drop(''), put('keep'), ...Object.entries(content).map(([path, text]) => put(path, text))]
    const made = await commit(repo, changes, { ref: `refs/heads/${name}` })
    return (await Tree.commitAt(catalog.db, repo.id, made.oid))?.tree as string
  }
  await fc.assert(
    fc.asyncProperty(files, files, files, async (before, ours, theirs) => {
      const repo = await newRepo()
      await commit(repo, [put('keep')])
      const [base, mine, other] = [
        await treeOf(repo, before, 'base'),
        await treeOf(repo, ours, 'ours'),
        await treeOf(repo, theirs, 'theirs'),
      ]
      const { changes, complete } = await TreeDiff.of(catalog.db, repo.id, base, other, 100)
      expect(complete).toBe(true)
      const expected = paths.filter((path) => before[path] !== theirs[path]).sort()
      expect(changes.map(({ path }) => path)).toEqual(expected)
      const plan = await Merge.plan(catalog.db, repo.id, base, mine, other)
      const clean = paths.filter(
        (path) => before[path] !== theirs[path] && (ours[path] === before[path] || ours[path] === theirs[path]),
      )
      expect([...plan.conflicts, ...plan.both.map(({ path }) => path)].sort()).toEqual(
        expected.filter((path) => !clean.includes(path)),
      )
    }),
    { numRuns: 15 },
  )
})

test('behavior: pages of a tree hold everything once, in the order of git', async () => {
  const repo = await newRepo()
  const paths = ['a-b', 'a/x', 'a/y/1', 'a/y/2', 'a0', 'b/c/d/e', 'é/ü', 'z']
  await commit(
    repo,
    paths.map((path) => put(path)),
  )
  const head = (await Repo.find(catalog.db, Repo.idOf(repo)))?.head as string
  const oid = (await Tree.commitAt(catalog.db, repo.id, head))?.tree as string
  const pagesOf = async (path: string, recursive: boolean, limit: number) => {
    const folder = (await Tree.at(catalog.db, repo.id, oid, path)) as Tree.Node
    const seen: Tree.Node[] = []
    for (let after: string | undefined; ; ) {
      const nodes = await Tree.page(catalog.db, repo.id, folder, { recursive, after, limit })
      seen.push(...nodes)
      const last = nodes.at(-1)
      if (!last) return seen.map((node) => node.path)
      after = Tree.keyOf(last)
    }
  }
  const all = ['a-b', 'a', 'a/x', 'a/y', 'a/y/1', 'a/y/2', 'a0', 'b', 'b/c', 'b/c/d', 'b/c/d/e', 'z', 'é', 'é/ü']
  for (const limit of [1, 2, 3, 100]) {
    expect(await pagesOf('', true, limit)).toEqual(all)
    expect(await pagesOf('', false, limit)).toEqual(['a-b', 'a', 'a0', 'b', 'z', 'é'])
    expect(await pagesOf('a', true, limit)).toEqual(['a/x', 'a/y', 'a/y/1', 'a/y/2'])
    expect(await pagesOf('a', false, limit)).toEqual(['a/x', 'a/y'])
  }
})

test('error: a merge sees a file in the place of a folder', async () => {
  const repo = await newRepo()
  const base = await commit(repo, [put('keep')])
  await branch(repo, 'dev', base.oid)
  const ours = await commit(repo, [put('x')])
  const theirs = await commit(repo, [put('x/y')], { ref: 'refs/heads/dev' })
  const tree = async (id: string) => (await Tree.commitAt(catalog.db, repo.id, id))?.tree as string
  const plan = await Merge.plan(catalog.db, repo.id, await tree(base.oid), await tree(ours.oid), await tree(theirs.oid))
  expect(plan.conflicts).toEqual(['x/y'])
})

test('behavior: without a parent, parallel commits are made one after the other', async () => {
  const repo = await newRepo()
  await commit(repo, [put('start')])
  await Promise.all(Array.from({ length: 12 }, (_, i) => commit(repo, [put(`f${i}`)])))
  const head = (await Repo.find(catalog.db, Repo.idOf(repo)))?.head as string
  expect(await History.count(catalog.db, repo.id, head)).toBe(13)
  const used = (await Repo.find(catalog.db, Repo.idOf(repo)))?.usedStorage
  expect(used).toBe('start'.length + 10 * 2 + 2 * 3)
})

test('error: foreign objects have to be whole and safely named, and nothing of a refused push stays', async () => {
  const { db } = catalog
  const repo = await newRepo()
  const base = await commit(repo, [put('a')])
  const blob = blobOf('pushed')
  const row = (kind: 'tree' | 'commit', bytes: Uint8Array): Commit.GitRow => ({ oid: oid(kind, bytes), kind, bytes })
  const push = (name: string, parents: string[], blobs: Blob.Blob[], moves: Partial<Commit.Move>[], each = false) => {
    const tree = row('tree', encodeTree([{ name, mode: '100644', oid: blob.oid }]))
    const made = row('commit', encodeCommit({ tree: tree.oid, parents, author, at: 5, message: name }))
    const all = moves.map((move) => ({ ref: Ref.main, from: base.oid, to: made.oid, ...move }))
    return Commit.land(db, repo, { objects: [made, tree], blobs, moves: all, foreign: true, each, now })
  }
  await expect(push('x', [base.oid], [], [{}])).rejects.toThrow(`the blob ${blob.oid} is missing`)
  await expect(push('x', ['f'.repeat(40)], [blob], [{}])).rejects.toThrow('is missing')
  await expect(push('..', [base.oid], [blob], [{}])).rejects.toThrow('is not accepted')
  await expect(push('x', [base.oid], [blob], [{ from: 'e'.repeat(40) }])).rejects.toBeInstanceOf(Commit.BranchMoved)
  expect((await Repo.find(db, Repo.idOf(repo)))?.head).toBe(base.oid)
  const { rows } = await catalog.pool.query('select count(*)::int as n from catalog.commits where repo_id = $1', [
    repo.id,
  ])
  expect(rows[0].n).toBe(1)
  const landed = await push('x', [base.oid], [blob], [{ ref: 'refs/heads/bad..name', from: '' }, {}], true)
  expect(landed.moved.map(({ ref }) => ref)).toEqual([Ref.main])
  expect(landed.refused.map(({ ref, reason }) => [ref, reason.code])).toEqual([
    ['refs/heads/bad..name', 'bad_ref_name'],
  ])
})

test('behavior: files are taken out of all history, and all refs follow', async () => {
  const { db } = catalog
  const repo = await newRepo()
  await commit(repo, [put('a'), put('w/big.bin', 'weights', true)])
  const second = await commit(repo, [put('b')])
  await branch(repo, 'dev', second.oid)
  await commit(repo, [drop('w')])
  const before = (await Repo.find(db, Repo.idOf(repo)))?.usedStorage as number
  await Rewrite.withoutFiles(db, repo, [blobOf('weights', true)], { now })
  const refs = await Ref.list(db, repo.id)
  expect(refs.map(({ name }) => name)).toEqual(['refs/heads/dev', 'refs/heads/main'])
  for (const ref of refs) {
    const found = (await Tree.commitAt(db, repo.id, ref.oid)) as Tree.Found
    const nodes = await Tree.list(db, repo.id, { path: '', type: 'directory', oid: found.tree }, true)
    expect(nodes.map(({ path }) => path)).toEqual(['a', 'b'])
  }
  expect(await Tree.commitAt(db, repo.id, second.oid)).toBeUndefined()
  const after = (await Repo.find(db, Repo.idOf(repo))) as Repo.Repo
  expect(after.usedStorage).toBe(before - 'weights'.length)
  expect(after.head).toBe(refs[1]?.oid)
  expect(await History.count(db, repo.id, after.head)).toBe(3)
})

test('error: names that git refuses are refused, others are taken', () => {
  for (const short of [
    'a..b',
    '.a',
    'a/.b',
    'a.lock',
    'a.lock/b',
    'a b',
    'a~b',
    'a^',
    'a:',
    'a?',
    'a*',
    'a[',
    'a\\',
    'a//b',
    'a/',
    '/a',
    'a.',
    '@',
    'a@{b',
    '-a',
    'HEAD',
    'a\0',
    'a\x7f',
    '',
  ]) {
    expect(() => Ref.assertName(`refs/heads/${short}`), short).toThrow(Ref.BadRefName)
  }
  for (const short of ['main', 'a/b/c', 'v1.0', 'é', 'a@b', 'feature-x_y']) Ref.assertName(`refs/tags/${short}`)
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (short) => {
      try {
        Ref.assertName(`refs/heads/${short}`)
      } catch (error) {
        expect(error).toBeInstanceOf(Ref.BadRefName)
      }
    }),
  )
})
