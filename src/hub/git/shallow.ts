import type { Objects } from '../../catalog/index.ts'
import { distances, reachable } from './Ancestry.ts'
import { BadFetch, type Deepen } from './FetchRequest.ts'

/** The edge of a shallow clone: what to tell the client, and the commits whose parents it will not have. */
export type Edge = { shallow: string[]; unshallow: string[]; cut: Set<string> }

type Given = { wants: string[]; shallow: string[]; deepen: Deepen | undefined; excluded: string[] }

/**
 * Where a clone ends after this fetch. `excluded` are the commits of the names that `deepen-not` gives.
 * Throws {@link BadFetch} where nothing would be left.
 */
export const edgeOf = (graph: Objects.Graph, { wants, shallow, deepen, excluded }: Given): Edge => {
  const before = new Set(shallow.filter((oid) => graph.has(oid)))
  if (!deepen) return { shallow: [], unshallow: [], cut: before }
  const kept =
    deepen.depth === undefined ? selected(graph, wants, deepen, excluded) : within(graph, wants, before, deepen)
  const cut = new Set([...kept].filter((oid) => graph.get(oid)?.parents.some((parent) => !kept.has(parent))))
  return {
    shallow: [...cut].filter((oid) => !before.has(oid)),
    unshallow: [...before].filter((oid) => kept.has(oid) && !cut.has(oid)),
    cut: new Set([...cut, ...[...before].filter((oid) => !kept.has(oid))]),
  }
}

const within = (graph: Objects.Graph, wants: string[], before: Set<string>, deepen: Deepen): Set<string> => {
  const depth = deepen.depth as number
  if (!deepen.relative) return new Set(distances(graph, wants, depth - 1).keys())
  const beyond = distances(graph, before, depth).keys()
  return new Set([...beyond, ...reachable(graph, wants, { cut: before })])
}

const selected = (graph: Objects.Graph, wants: string[], { since = 0 }: Deepen, excluded: string[]): Set<string> => {
  const without = reachable(graph, excluded)
  const tooOld = new Set([...graph].filter(([, step]) => step.at < since).map(([oid]) => oid))
  const kept = reachable(graph, wants, { without: new Set([...without, ...tooOld]) })
  if (kept.size === 0) throw new BadFetch('no commits are left for the shallow clone')
  return kept
}
