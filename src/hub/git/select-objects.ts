import { Blob, type Db, GitObject, Objects, type Repo } from '../../catalog/index.ts'
import { Fault } from '../../core/index.ts'
import { allReach, reachable } from './Ancestry.ts'
import type { FetchRequest } from './FetchRequest.ts'
import type { Edge } from './shallow.ts'

/** Ids of the objects of a pack, in the order they are sent. */
export type Selection = { commits: string[]; tags: string[]; trees: string[]; blobs: string[] }

/** What the wanted ids are. */
export type Wanted = { commits: string[]; tags: string[]; trees: string[]; blobs: string[] }

const treesAtOnce = 500
/** Trees of at most so many commits the client has are looked through for what need not be sent. */
const knownTrees = 64

/** All that the client wants and cannot have yet. */
export const select = async (
  db: Db,
  repo: Repo.Repo,
  graph: Objects.Graph,
  given: { wanted: Wanted; common: ReadonlySet<string>; edge: Edge; request: FetchRequest; refs: Objects.NamedRef[] },
): Promise<Selection> => {
  const { wanted, common, edge, request, refs } = given
  const had = reachable(graph, common, { cut: new Set(request.shallow) })
  const commits = missing(graph, wanted.commits, edge, had, request.deepen !== undefined)
  const seen = new Set<string>()
  await collect(db, repo.id, treesOf(graph, knownCommits(graph, commits, had, common)), seen, () => undefined)
  const trees: string[] = []
  const blobs = wanted.blobs.filter((oid) => !seen.has(oid))
  for (const oid of blobs) seen.add(oid)
  const asked = new Set(blobs)
  await collect(db, repo.id, [...treesOf(graph, commits), ...wanted.trees], seen, (tree, files) => {
    trees.push(tree)
    for (const file of files) blobs.push(file)
  })
  const tags = request.options.has('include-tag') ? refs.filter(({ peeled }) => peeled && commits.has(peeled)) : []
  return {
    commits: [...commits],
    tags: [...new Set([...wanted.tags, ...tags.map(({ oid }) => oid)])],
    trees,
    blobs: request.filter ? await small(db, repo.id, blobs, request.filter.largestBlob, asked) : blobs,
  }
}

/** Commits to send. Where a clone grows deeper, they also lie behind ones the client has. */
const missing = (
  graph: Objects.Graph,
  wants: string[],
  { cut }: Edge,
  had: ReadonlySet<string>,
  deeper: boolean,
): Set<string> =>
  deeper
    ? new Set([...reachable(graph, wants, { cut })].filter((oid) => !had.has(oid)))
    : reachable(graph, wants, { cut, without: had })

/** Commits the client has that are most like what is sent: the parents of the sent ones, and what it named. */
const knownCommits = (
  graph: Objects.Graph,
  commits: ReadonlySet<string>,
  had: ReadonlySet<string>,
  common: ReadonlySet<string>,
): string[] => {
  if (had.size === 0) return []
  const parents = [...commits].flatMap((oid) => graph.get(oid)?.parents ?? []).filter((oid) => had.has(oid))
  return [...new Set([...parents, ...common])].slice(0, knownTrees)
}

const treesOf = (graph: Objects.Graph, commits: Iterable<string>): string[] =>
  [...commits].flatMap((oid) => graph.get(oid)?.tree ?? [])

/** Walks trees that were not seen before, and tells each with its new files. */
const collect = async (
  db: Db,
  repoId: string,
  roots: readonly string[],
  seen: Set<string>,
  onTree: (tree: string, files: string[]) => void,
): Promise<void> => {
  const isNew = (oid: string): boolean => {
    if (seen.has(oid)) return false
    seen.add(oid)
    return true
  }
  for (let level = roots.filter(isNew); level.length > 0; ) {
    const next: string[] = []
    for (let at = 0; at < level.length; at += treesAtOnce) {
      const oids = level.slice(at, at + treesAtOnce)
      const found = await Objects.read(db, repoId, oids)
      for (const oid of oids) {
        const files: string[] = []
        for (const entry of GitObject.parseTree(bytesOf(found, oid))) {
          if (isNew(entry.oid)) (entry.mode === '40000' ? next : files).push(entry.oid)
        }
        onTree(oid, files)
      }
    }
    level = next
  }
}

const bytesOf = (found: Map<string, Objects.StoredObject>, oid: string): Uint8Array => {
  const bytes = found.get(oid)?.bytes
  if (!bytes) throw new Fault(`The tree ${oid} is missing.`, { code: 'tree_missing' })
  return bytes
}

const small = async (
  db: Db,
  repoId: string,
  oids: string[],
  largest: number,
  asked: ReadonlySet<string>,
): Promise<string[]> => {
  if (largest < 0) return oids.filter((oid) => asked.has(oid))
  const found = await Blob.byOid(db, repoId, oids)
  return oids.filter(
    (oid) => asked.has(oid) || (found.get(oid)?.lfs ?? false) || (found.get(oid)?.size ?? 0) <= largest,
  )
}

/** Whether what client and hub have in common is enough: everything wanted comes after something of it. */
export const isEnough = (graph: Objects.Graph, wanted: Wanted, common: ReadonlySet<string>): boolean =>
  common.size > 0 && allReach(graph, wanted.commits, common)
