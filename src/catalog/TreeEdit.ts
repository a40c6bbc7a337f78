import { BadInput, NotFound, Path } from '../core/index.ts'
import type * as Blob from './Blob.ts'
import type { Db } from './database.ts'
import { type Entry, encodeTree, oid as oidOf } from './GitObject.ts'
import { entriesOf } from './Tree.ts'

/**
 * `delete` takes a file or a whole folder; the path `''` empties the repository. A file without a `mode` keeps the one it
 * had and is a plain file where it is new.
 */
export type Change<Content = Pick<Blob.Blob, 'oid'>> =
  | { kind: 'put'; path: string; blob: Content; mode?: Entry['mode'] }
  | { kind: 'delete'; path: string }

/** A tree after changes, with the encoded trees that are new in it. */
export type Edited = { tree: string; trees: Map<string, Uint8Array> }

/** Applies changes in order to a tree (undefined: an empty one). Throws {@link NothingThere}, {@link PathCollision}, `BadPath`. */
export const edit = async (
  tx: Db,
  repoId: string,
  tree: string | undefined,
  changes: readonly Change[],
): Promise<Edited> => {
  const root = folderOf(tree)
  for (const change of changes) await applyChange(tx, repoId, root, change)
  const trees = new Map<string, Uint8Array>()
  return { tree: seal(root, '', trees) ?? emptyTree(trees), trees }
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
  if (known && isFolder(known) && !(await isEmpty(tx, repoId, known))) {
    throw new PathCollision(change.path, 'a folder of this name is there')
  }
  const mode = change.mode ?? (known && !isFolder(known) ? known.mode : '100644')
  children.set(name, { name, mode, oid: change.blob.oid })
}

/** A folder whose files were all deleted before in the same commit is none any more. */
const isEmpty = async (tx: Db, repoId: string, folder: Folder): Promise<boolean> => {
  if (!folder.dirty) return false
  for (const child of (await open(tx, repoId, folder)).values()) {
    if (!isFolder(child) || !(await isEmpty(tx, repoId, child))) return false
  }
  return true
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
