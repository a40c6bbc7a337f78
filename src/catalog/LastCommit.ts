import type { Db } from './database.ts'
import * as History from './History.ts'
import { lookUp, type Node } from './Tree.ts'

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
    const roots = [...new Set(line.map(({ tree }) => tree))]
    const then = await lookUp(db, repoId, roots, [...open.keys()])
    for (const [i, { oid }] of line.slice(0, more ? size : undefined).entries()) {
      const parent = line[i + 1]
      for (const [path, present] of open) {
        if (parent && then.get(parent.tree)?.get(path)?.oid === present) continue
        found.set(path, oid)
        open.delete(path)
      }
    }
    start = more ? line[size]?.oid : undefined
  }
  return found
}
