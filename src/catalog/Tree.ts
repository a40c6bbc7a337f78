import { and, eq, gte, inArray, lt } from 'drizzle-orm'
import { Fault } from '../core/index.ts'
import type { Db } from './database.ts'
import { type Commit, type Entry, parseCommit, parseTree } from './GitObject.ts'
import type { Repo } from './Repo.ts'
import { gitObjects, refs } from './tables/index.ts'

/** One file or folder with its path from the root of the repository. */
export type Node = { path: string; type: 'file' | 'directory'; oid: string }

/** A commit that was found, with its id. */
export type Found = Commit & { oid: string }

/** The bytes of commits or trees of one repository. */
const objects = async (db: Db, repoId: string, oids: string[]): Promise<Map<string, Uint8Array>> => {
  const rows = await db
    .select({ oid: gitObjects.oid, bytes: gitObjects.bytes })
    .from(gitObjects)
    .where(and(eq(gitObjects.repoId, repoId), inArray(gitObjects.oid, oids)))
  return new Map(rows.map(({ oid, bytes }) => [oid, bytes]))
}

/** The entries of trees, by tree id. Throws `Fault` where one is missing, which cannot be. */
export const entriesOf = async (db: Db, repoId: string, oids: string[]): Promise<Map<string, Entry[]>> => {
  if (oids.length === 0) return new Map()
  const found = await objects(db, repoId, oids)
  const missing = oids.find((oid) => !found.has(oid))
  if (missing) throw new Fault(`The tree ${missing} of repository ${repoId} is missing.`, { code: 'tree_missing' })
  return new Map([...found].map(([oid, bytes]) => [oid, parseTree(bytes)]))
}

/** A commit of this repository by its full id. */
export const commitAt = async (db: Db, repoId: string, oid: string): Promise<Found | undefined> => {
  const [row] = await db
    .select({ bytes: gitObjects.bytes })
    .from(gitObjects)
    .where(and(eq(gitObjects.repoId, repoId), eq(gitObjects.oid, oid), eq(gitObjects.kind, 'commit')))
  return row && { oid, ...parseCommit(row.bytes) }
}

/**
 * The commit that a revision means: a branch, a tag, `HEAD`, a full `refs/…` name, or a commit id of 7 to 40 digits.
 * Undefined where there is none, or where a short id means several.
 */
export const revision = async (db: Db, repo: Repo, rev: string): Promise<Found | undefined> => {
  if (rev === 'HEAD' || rev === 'main') return commitAt(db, repo.id, repo.head)
  if (rev.includes('\0')) return undefined
  const names = [rev, `refs/heads/${rev}`, `refs/tags/${rev}`]
  const named = await db
    .select()
    .from(refs)
    .where(and(eq(refs.repoId, repo.id), inArray(refs.name, names)))
  const match = names.map((name) => named.find((ref) => ref.name === name)).find((ref) => ref !== undefined)
  if (match) return commitAt(db, repo.id, match.oid)
  if (!/^[0-9a-f]{7,40}$/.test(rev)) return undefined
  const rows = await db
    .select({ oid: gitObjects.oid, bytes: gitObjects.bytes })
    .from(gitObjects)
    .where(
      and(
        eq(gitObjects.repoId, repo.id),
        eq(gitObjects.kind, 'commit'),
        gte(gitObjects.oid, rev),
        lt(gitObjects.oid, `${rev}g`),
      ),
    )
    .limit(2)
  const [only] = rows
  return only && rows.length === 1 ? { oid: only.oid, ...parseCommit(only.bytes) } : undefined
}

const nodeOf = (folder: string, entry: Entry): Node => ({
  path: folder === '' ? entry.name : `${folder}/${entry.name}`,
  type: entry.mode === '40000' ? 'directory' : 'file',
  oid: entry.oid,
})

/** What lies at a path (`''` is the root); undefined where nothing does. */
export const at = async (db: Db, repoId: string, tree: string, path: string): Promise<Node | undefined> => {
  let node: Node = { path: '', type: 'directory', oid: tree }
  for (const part of path === '' ? [] : path.split('/')) {
    if (node.type !== 'directory') return undefined
    const entries = (await entriesOf(db, repoId, [node.oid])).get(node.oid) ?? []
    const entry = entries.find(({ name }) => name === part)
    if (!entry) return undefined
    node = nodeOf(node.path, entry)
  }
  return node
}

/** Trees are read this many at once: one may be large. */
const treesAtOnce = 128

/** What lies at some paths in each of some trees; one query for each level of depth. */
export const lookUp = async (
  db: Db,
  repoId: string,
  roots: readonly string[],
  paths: readonly string[],
): Promise<Map<string, Map<string, Node>>> => {
  const found = new Map(roots.map((root) => [root, new Map<string, Node>()]))
  const split = paths.map((path) => path.split('/'))
  let open = roots.flatMap((root) => split.map((parts) => ({ root, folder: root, parts })))
  for (let depth = 0; open.length > 0; depth += 1) {
    const wanted = new Set(open.map(({ parts }) => parts[depth] as string))
    const trees = await namedEntries(db, repoId, new Set(open.map(({ folder }) => folder)), wanted)
    open = open.flatMap(({ root, folder, parts }) => {
      const entry = trees.get(folder)?.get(parts[depth] as string)
      if (!entry) return []
      if (depth < parts.length - 1) return entry.mode === '40000' ? [{ root, folder: entry.oid, parts }] : []
      const node = nodeOf(parts.slice(0, -1).join('/'), entry)
      found.get(root)?.set(node.path, node)
      return []
    })
  }
  return found
}

/** The entries with some names in each of some trees. */
const namedEntries = async (db: Db, repoId: string, oids: ReadonlySet<string>, names: ReadonlySet<string>) => {
  const trees = new Map<string, Map<string, Entry>>()
  const all = [...oids]
  for (let at = 0; at < all.length; at += treesAtOnce) {
    for (const [oid, entries] of await entriesOf(db, repoId, all.slice(at, at + treesAtOnce))) {
      trees.set(oid, new Map(entries.filter(({ name }) => names.has(name)).map((entry) => [entry.name, entry])))
    }
  }
  return trees
}

/** Files and folders below a folder, ordered by path; one query for each level of depth. */
export const list = async (db: Db, repoId: string, folder: Node, recursive: boolean): Promise<Node[]> => {
  const all: Node[] = []
  let level = [folder]
  while (level.length > 0) {
    const trees = await entriesOf(db, repoId, [...new Set(level.map(({ oid }) => oid))])
    const nodes = level.flatMap((parent) => (trees.get(parent.oid) ?? []).map((entry) => nodeOf(parent.path, entry)))
    all.push(...nodes)
    level = recursive ? nodes.filter(({ type }) => type === 'directory') : []
  }
  return all.sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** How a node sorts: as git sorts it, with all that is in a folder right behind the folder. */
export const keyOf = ({ path, type }: Node): string => (type === 'directory' ? `${path}/` : path)

/**
 * One page of what is below a folder, in the order of {@link keyOf} and after the key `after`. Only the folders that the
 * page needs are read.
 */
export const page = async (
  db: Db,
  repoId: string,
  folder: Node,
  { recursive, after, limit }: { recursive: boolean; after: string | undefined; limit: number },
): Promise<Node[]> => {
  const cut = Buffer.from(after ?? '')
  const found: Node[] = []
  const open: Node[] = [folder]
  const trees = new Map<string, Entry[]>()
  for (let node = open.pop(); node && found.length < limit; node = open.pop()) {
    const key = Buffer.from(keyOf(node))
    if (node !== folder && (after === undefined || Buffer.compare(key, cut) > 0)) found.push(node)
    if (node.type !== 'directory' || (node !== folder && !recursive)) continue
    const isBehind = node !== folder && Buffer.compare(key, cut) < 0 && !cut.subarray(0, key.length).equals(key)
    if (isBehind) continue
    const { path, oid } = node
    if (!trees.has(oid)) await readAhead(db, repoId, oid, open, trees)
    for (const entry of (trees.get(oid) ?? []).toReversed()) open.push(nodeOf(path, entry))
  }
  return found
}

const treesAhead = 32

/** Reads a tree, and with it the folders whose turn comes next. */
const readAhead = async (
  db: Db,
  repoId: string,
  oid: string,
  open: readonly Node[],
  trees: Map<string, Entry[]>,
): Promise<void> => {
  const next = open.slice(-treesAhead).flatMap((node) => (node.type === 'directory' ? [node.oid] : []))
  trees.clear()
  for (const [id, entries] of await entriesOf(db, repoId, [...new Set([oid, ...next])])) trees.set(id, entries)
}
