import type { Objects } from '../../catalog/index.ts'

type Graph = Objects.Graph

const none: ReadonlySet<string> = new Set()

/** Commits that lead to these, themselves included; the parents of `cut` ones and all of `without` are left out. */
export const reachable = (
  graph: Graph,
  starts: Iterable<string>,
  { cut = none, without = none }: { cut?: ReadonlySet<string>; without?: ReadonlySet<string> } = {},
): Set<string> => {
  const found = new Set<string>()
  const open = [...starts]
  for (let oid = open.pop(); oid !== undefined; oid = open.pop()) {
    const step = graph.get(oid)
    if (!step || found.has(oid) || without.has(oid)) continue
    found.add(oid)
    if (!cut.has(oid)) open.push(...step.parents)
  }
  return found
}

/** Whether each of these commits is, or comes after, one of `common`. */
export const allReach = (graph: Graph, starts: Iterable<string>, common: ReadonlySet<string>): boolean => {
  const answers = new Map<string, boolean>()
  for (const start of starts) if (!reaches(graph, start, common, answers)) return false
  return true
}

const reaches = (graph: Graph, start: string, common: ReadonlySet<string>, answers: Map<string, boolean>): boolean => {
  const stack = [start]
  for (let oid = stack.at(-1); oid !== undefined; oid = stack.at(-1)) {
    const parents = graph.get(oid)?.parents ?? []
    const known = common.has(oid) || parents.some((parent) => answers.get(parent) === true)
    const open = known ? [] : parents.filter((parent) => !answers.has(parent))
    if (open.length > 0) stack.push(...open)
    else {
      answers.set(oid, known)
      stack.pop()
    }
  }
  return answers.get(start) === true
}

/** How far back each commit lies from the nearest start; commits farther than `limit` are not looked at. */
export const distances = (graph: Graph, starts: Iterable<string>, limit: number): Map<string, number> => {
  const found = new Map<string, number>()
  let level = [...starts]
  for (let distance = 0; level.length > 0 && distance <= limit; distance++) {
    const next: string[] = []
    for (const oid of level) {
      const step = graph.get(oid)
      if (!step || found.has(oid)) continue
      found.set(oid, distance)
      next.push(...step.parents)
    }
    level = next
  }
  return found
}
