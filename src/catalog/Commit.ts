import { and, eq, sql } from 'drizzle-orm'
import { BadInput, Conflict, NotFound, Path } from '../core/index.ts'
import * as Blob from './Blob.ts'
import * as Card from './Card.ts'
import type { Db } from './database.ts'
import { type Author, type Entry, encodeCommit, encodeTree, oid as oidOf } from './GitObject.ts'
import type { Repo } from './Repo.ts'
import { commitAt, entriesOf } from './Tree.ts'
import { blobs, gitObjects, refs, repos } from './tables/index.ts'

/** `delete` takes a file or a whole folder; the path `''` empties the repository. */
export type Change = { kind: 'put'; path: string; blob: Blob.Blob } | { kind: 'delete'; path: string }

export type Input = {
  /** Full name, such as `refs/heads/main`. */
  ref: string
  changes: Change[]
  author: Author
  message: string
  /** The commit the change was made on; the branch must still be there. */
  parent?: string | undefined
  now: Date
  /** What README.md and config.json say where this commit changes them on the main branch. */
  card?: Card.Card | undefined
  config?: Record<string, unknown> | null | undefined
}

export type Made = { oid: string; parents: string[]; changed: boolean }

export const mainRef = 'refs/heads/main'

/**
 * Applies changes on top of a branch as one git commit, or not at all. Nothing changed: no commit, the head is returned.
 * Throws {@link BranchMoved}, {@link NothingThere}, `BadPath`, and `NotFound` for an unknown branch.
 */
export const apply = (db: Db, repo: Repo, input: Input): Promise<Made> =>
  db.transaction(async (tx) => {
    const base = await lockedHead(tx, repo.id, input.ref)
    const prefix = input.parent
    if (prefix !== undefined && !(prefix.length >= 7 && base.startsWith(prefix))) throw new BranchMoved(base)
    const before = base === '' ? undefined : await commitAt(tx, repo.id, base)
    const root = folderOf(before?.tree)
    for (const change of input.changes) await applyChange(tx, repo.id, root, change)
    const trees = new Map<string, Uint8Array>()
    const tree = seal(root, '', trees) ?? emptyTree(trees)
    if (before && tree === before.tree) return { oid: base, parents: before.parents, changed: false }
    const parents = base === '' ? [] : [base]
    const { author, message, now } = input
    const commit = encodeCommit({ tree, parents, author, message, at: Math.floor(now.getTime() / 1000) })
    const oid = oidOf('commit', commit)
    await Blob.insert(
      tx,
      repo.id,
      input.changes.flatMap((change) => (change.kind === 'put' ? [change.blob] : [])),
    )
    await store(tx, repo.id, [
      ...[...trees].map(([id, bytes]) => ({ oid: id, kind: 'tree' as const, bytes })),
      { oid, kind: 'commit', bytes: commit },
    ])
    await moveRef(tx, repo, input, oid)
    return { oid, parents, changed: true }
  })

/** The branch's commit, locked until the transaction ends; `''` for the main branch of a new repository. */
const lockedHead = async (tx: Db, repoId: string, ref: string): Promise<string> => {
  const [repo] = await tx.select({ id: repos.id }).from(repos).where(eq(repos.id, repoId)).for('update')
  if (!repo) throw new NotFound('The repository was deleted meanwhile.', { code: 'repo_not_found' })
  const [row] = await tx
    .select({ oid: refs.oid })
    .from(refs)
    .where(and(eq(refs.repoId, repoId), eq(refs.name, ref)))
  if (!row && ref !== mainRef) throw new NotFound(`There is no branch ${ref}.`, { code: 'revision_not_found' })
  return row?.oid ?? ''
}

const store = async (
  tx: Db,
  repoId: string,
  objects: Omit<typeof gitObjects.$inferInsert, 'repoId'>[],
): Promise<void> => {
  for (let at = 0; at < objects.length; at += 1_000) {
    const rows = objects.slice(at, at + 1_000).map((object) => ({ ...object, repoId }))
    await tx.insert(gitObjects).values(rows).onConflictDoNothing()
  }
}

const moveRef = async (tx: Db, repo: Repo, input: Input, oid: string): Promise<void> => {
  await tx
    .insert(refs)
    .values({ repoId: repo.id, name: input.ref, oid })
    .onConflictDoUpdate({ target: [refs.repoId, refs.name], set: { oid } })
  const used = sql`(select coalesce(sum(${blobs.size}), 0) from ${blobs} where ${blobs.repoId} = ${repo.id})`
  if (input.ref !== mainRef) {
    await tx.update(repos).set({ updatedAt: input.now, usedStorage: used }).where(eq(repos.id, repo.id))
    return
  }
  const [row] = await tx.select({ card: repos.card, config: repos.config }).from(repos).where(eq(repos.id, repo.id))
  const card = input.card ?? row?.card ?? {}
  const config = input.config === undefined ? (row?.config ?? null) : input.config
  await tx
    .update(repos)
    .set({ head: oid, updatedAt: input.now, usedStorage: used, card, config, ...Card.labels(card, config) })
    .where(eq(repos.id, repo.id))
}

/** A folder being edited. `children` is read from the database when it is first needed. */
type Folder = { oid: string | undefined; children: Map<string, Folder | Entry> | undefined; dirty: boolean }

const folderOf = (oid: string | undefined): Folder => ({
  oid,
  children: oid ? undefined : new Map(),
  dirty: oid === undefined,
})

const isFolder = (child: Folder | Entry): child is Folder => !('mode' in child)

const open = async (tx: Db, repoId: string, folder: Folder): Promise<Map<string, Folder | Entry>> => {
  if (folder.children) return folder.children
  const oid = folder.oid as string
  const entries = (await entriesOf(tx, repoId, [oid])).get(oid) ?? []
  const child = (entry: Entry) => (entry.mode === '40000' ? folderOf(entry.oid) : entry)
  folder.children = new Map(entries.map((entry) => [entry.name, child(entry)]))
  return folder.children
}

const applyChange = async (tx: Db, repoId: string, root: Folder, change: Change): Promise<void> => {
  if (change.kind === 'delete' && change.path === '') {
    root.children = new Map()
    root.dirty = true
    return
  }
  const parts = change.path.split('/')
  const name = parts.pop() as string
  let folder = root
  folder.dirty = true
  for (const part of parts) {
    folder = await step(tx, repoId, folder, part, change)
    folder.dirty = true
  }
  const children = await open(tx, repoId, folder)
  if (change.kind === 'delete') {
    if (!children.delete(name)) throw new NothingThere(change.path)
    return
  }
  const known = children.get(name)
  if (known && isFolder(known)) throw new PathCollision(change.path, 'a folder of this name is there')
  children.set(name, { name, mode: '100644', oid: change.blob.oid })
}

const step = async (tx: Db, repoId: string, folder: Folder, part: string, change: Change): Promise<Folder> => {
  const children = await open(tx, repoId, folder)
  const child = children.get(part)
  if (child && isFolder(child)) return child
  if (change.kind === 'delete') throw new NothingThere(change.path)
  if (child) throw new PathCollision(change.path, `"${part}" is a file and cannot be a folder too`)
  const made = folderOf(undefined)
  children.set(part, made)
  return made
}

/** Encodes changed folders from the leaves up; undefined for an empty folder, which git does not have. */
const seal = (folder: Folder, path: string, trees: Map<string, Uint8Array>): string | undefined => {
  if (!folder.dirty || !folder.children) return folder.oid
  const entries: Entry[] = []
  for (const [name, child] of folder.children) {
    if (!isFolder(child)) entries.push(child)
    else {
      const oid = seal(child, `${path}${name}/`, trees)
      if (oid !== undefined) entries.push({ name, mode: '40000', oid })
    }
  }
  if (entries.length === 0) return undefined
  // Siblings suffice: two paths that differ only in case differ first in some folder's names.
  Path.assertUnique(entries.map(({ name }) => `${path}${name}`))
  const bytes = encodeTree(entries)
  const oid = oidOf('tree', bytes)
  trees.set(oid, bytes)
  return oid
}

const emptyTree = (trees: Map<string, Uint8Array>): string => {
  const bytes = new Uint8Array()
  const oid = oidOf('tree', bytes)
  trees.set(oid, bytes)
  return oid
}

/** Somebody else committed in between. */
export class BranchMoved extends Conflict {
  constructor(head: string) {
    super('The branch was updated since you opened this page. Please refresh and try again.', {
      code: 'branch_moved',
      hint: `The branch is now at ${head || 'nothing'}; make the change on top of it.`,
      details: { head },
    })
  }
}

/** A path to delete does not exist. */
export class NothingThere extends NotFound {
  constructor(path: string) {
    super(`There is nothing at "${path}" to delete.`, { code: 'entry_not_found', details: { path } })
  }
}

/** A file would take the place of a folder or the other way round. */
export class PathCollision extends BadInput {
  constructor(path: string, why: string) {
    super(`The file "${path}" cannot be added: ${why}.`, {
      code: 'path_collision',
      hint: 'Delete the other one in the same commit first.',
      details: { path },
    })
  }
}
