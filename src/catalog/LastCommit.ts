import type { Db } from './database.ts'
import * as History from './History.ts'
import { entriesOf, type Node } from './Tree.ts'

const firstSteps = 16
const mostSteps = 128

/**
 * For each path the commit, going back through first parents, that gave it its present contents.
 * History is read in growing pieces; memory holds one piece.
 */
export const of = async (
  db: Db,
  repoId: string,
  from: string,
  nodes: readonly Node[],
): Promise<Map<string, string>> => {
  const open = new Map(nodes.map(({ path, oid }) => [path, oid]))
  const found = new Map<string, string>()
  let start: string | undefined = from
  for (let size = firstSteps; start !== undefined && open.size > 0; size = Math.min(size * 2, mostSteps)) {
    // The last step of a piece is the parent that its neighbour is compared with; the next piece begins there.
    const line: History.Step[] = await History.firstParents(db, repoId, start, size + 1)
    const more = line.length > size
    const then = await oidsIn(db, repoId, [...new Set(line.map(({ tree }) => tree))], [...open.keys()])
    for (const [i, { oid }] of line.slice(0, more ? size : undefined).entries()) {
      const parent = line[i + 1]
      for (const [path, present] of open) {
        if (parent && then.get(parent.tree)?.get(path) === present) continue
        found.set(path, oid)
        open.delete(path)
      }
    }
    start = more ? line[size]?.oid : undefined
  }
  return found
}

/** What lies at some paths in each of some trees; one query for each level of depth. */
const oidsIn = async (
  db: Db,
  repoId: string,
  roots: readonly string[],
  paths: readonly string[],
): Promise<Map<string, Map<string, string>>> => {
  const split = paths.map((path) => ({ path, parts: path.split('/') }))
  const found = new Map(roots.map((root) => [root, new Map<string, string>()]))
  let open = roots.flatMap((root) => split.map((path) => ({ root, folder: root, ...path })))
  for (let depth = 0; open.length > 0; depth += 1) {
    const wanted = new Set(open.map(({ parts }) => parts[depth]))
    const trees = new Map<string, Map<string, { oid: string; isFolder: boolean }>>()
    const folders = [...new Set(open.map(({ folder }) => folder))]
    for (let at = 0; at < folders.length; at += mostSteps) {
      for (const [oid, entries] of await entriesOf(db, repoId, folders.slice(at, at + mostSteps))) {
        const kept = entries.filter(({ name }) => wanted.has(name))
        trees.set(oid, new Map(kept.map((entry) => [entry.name, { oid: entry.oid, isFolder: entry.mode === '40000' }])))
      }
    }
    open = open.flatMap(({ root, folder, path, parts }) => {
      const entry = trees.get(folder)?.get(parts[depth] as string)
      if (!entry) return []
      if (depth === parts.length - 1) found.get(root)?.set(path, entry.oid)
      else if (entry.isFolder) return [{ root, folder: entry.oid, path, parts }]
      return []
    })
  }
  return found
}
