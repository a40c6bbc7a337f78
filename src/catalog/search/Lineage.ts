import { and, desc, eq, inArray, isNotNull, sql } from 'drizzle-orm'
import { RepoId } from '../../core/index.ts'
import type { Db } from '../database.ts'
import * as Labels from '../Labels.ts'
import { idOf, type Repo, visible } from '../Repo.ts'
import type { Holder } from '../Token.ts'
import { forks, repos, versions } from '../tables/index.ts'

export type Relation = 'fork' | 'finetune' | 'adapter' | 'quantized' | 'merge' | 'dataset'

/** Child and parent are keys, `model:ns/name` in lower case. */
export type Edge = {
  child: string
  parent: string
  relation: Relation
  source: 'manifest' | 'card' | 'fork'
  root: string | null
}

export type Lineage = {
  self: string
  edges: Edge[]
  /** Those that the caller finds here, by key. */
  repos: Map<string, Repo>
  /** How others are written where they are named. */
  names: Map<string, string>
  truncated: boolean
}

/** What a manifest says its version was made from. */
export type ManifestEdges = (cid: string) => Promise<{ repo: string; root?: string | undefined; relation: Relation }[]>

const maxAncestors = 32
const maxChildren = 50
const maxParents = 16

type Found = Pick<Lineage, 'edges' | 'repos' | 'names'> & { seen: Set<string>; truncated: boolean }

/** Ancestors and children of a repository, as far as this caller may see them; others are there by name only. */
export const of = async (db: Db, repo: Repo, holder: Holder | undefined, manifest: ManifestEdges): Promise<Lineage> => {
  const may = await visible(db, holder)
  const found: Found = { edges: [], repos: new Map(), names: new Map(), seen: new Set([repo.key]), truncated: false }
  let level = [repo]
  while (level.length > 0) {
    const parents = await parentsOf(db, level, may, manifest, repo.key)
    const next = addLevel(found, level, parents)
    level =
      next.length === 0
        ? []
        : await db
            .select()
            .from(repos)
            .where(and(inArray(repos.key, next), may))
  }
  await addChildren(db, repo, may, found)
  const { edges, repos: known, names, truncated } = found
  return { self: repo.key, edges, repos: known, names, truncated }
}

type Named = Edge & { name: string }

/** Notes the edges of a level and says which repositories are the next. */
const addLevel = (found: Found, level: Repo[], parents: Named[]): string[] => {
  for (const repo of level) found.repos.set(repo.key, repo)
  const next: string[] = []
  for (const { name, ...edge } of parents) {
    if (!found.seen.has(edge.parent)) {
      if (found.seen.size > maxAncestors) {
        found.truncated = true
        continue
      }
      found.seen.add(edge.parent)
      next.push(edge.parent)
    }
    found.names.set(edge.parent, found.names.get(edge.parent) ?? name)
    found.edges.push(edge)
  }
  return next
}

type May = Awaited<ReturnType<typeof visible>>

/** What manifests say counts more than cards, which count more than where a fork was made. */
const parentsOf = async (db: Db, level: Repo[], may: May, manifest: ManifestEdges, self: string): Promise<Named[]> => {
  const byId = new Map(level.map((repo) => [repo.id, repo]))
  const [cids, sources] = await Promise.all([
    newestManifests(db, [...byId.keys()]),
    forkSources(db, [...byId.keys()], may),
  ])
  const found = new Map<string, Named>()
  const add = (edge: Named) => {
    const id = `${edge.child} ${edge.parent}`
    if (edge.child !== edge.parent && !found.has(id)) found.set(id, edge)
  }
  for (const repo of level) {
    const cid = cids.get(repo.id)
    const said = cid === undefined ? [] : await manifest(cid)
    const named = said.flatMap(({ repo: key, root = null, relation }) => {
      const id = parsed(key.slice(key.indexOf(':') + 1), typeOf(key))
      return id ? [edgeTo(repo, id, { relation, source: 'manifest', root })] : []
    })
    for (const edge of [...named, ...cardEdges(repo, repo.key === self), ...(sources.get(repo.id) ?? [])].slice(
      0,
      maxParents,
    ))
      add({ ...edge, child: repo.key })
  }
  return [...found.values()]
}

const typeOf = (key: string): RepoId.RepoType => (key.startsWith('dataset:') ? 'dataset' : 'model')

const edgeTo = (child: Repo, parent: RepoId.RepoId, facts: Pick<Edge, 'relation' | 'source' | 'root'>): Named => ({
  child: child.key,
  parent: RepoId.key(parent),
  name: `${parent.type}:${RepoId.format(parent)}`,
  ...facts,
})

const cardEdges = (repo: Repo, withDatasets: boolean): Named[] => {
  const relation = Labels.relationOf(repo) as Relation
  const to = (type: RepoId.RepoType, as: Relation) => (name: string) => {
    const id = parsed(name, type)
    return id ? [edgeTo(repo, id, { relation: as, source: 'card', root: null })] : []
  }
  const models = repo.type === 'model' ? Labels.texts(repo.card.base_model).slice(0, maxParents) : []
  const sources = repo.type === 'dataset' ? repo.card.source_datasets : repo.card.datasets
  const datasets = withDatasets ? Labels.texts(sources).slice(0, maxParents) : []
  return [...models.flatMap(to('model', relation)), ...datasets.flatMap(to('dataset', 'dataset'))]
}

/** Cards hold anything; what can be no name is left out. */
const parsed = (name: string, type: RepoId.RepoType): RepoId.RepoId | undefined => {
  try {
    return RepoId.parse(name, type)
  } catch {
    return undefined
  }
}

const newestManifests = async (db: Db, ids: string[]): Promise<Map<string, string>> => {
  const rows = await db
    .selectDistinctOn([versions.repoId], { repoId: versions.repoId, cid: versions.manifestCid })
    .from(versions)
    .where(and(inArray(versions.repoId, ids), isNotNull(versions.anchoredAt)))
    .orderBy(versions.repoId, desc(versions.anchoredAt))
  return new Map(rows.map(({ repoId, cid }) => [repoId, cid]))
}

const forkSources = async (db: Db, ids: string[], may: May): Promise<Map<string, Named[]>> => {
  const rows = await db
    .select({ child: forks.repoId, root: forks.root, source: repos })
    .from(forks)
    .innerJoin(repos, eq(repos.id, forks.sourceId))
    .where(and(inArray(forks.repoId, ids), may))
  return new Map(
    rows.map(({ child, root, source }) => [
      child,
      [{ ...edgeTo(source, idOf(source), { relation: 'fork', source: 'fork', root }) }],
    ]),
  )
}

/** The most active of those that name this one as their base, and of its forks. */
const addChildren = async (db: Db, repo: Repo, may: May, found: Found): Promise<void> => {
  const tag = `${repo.type === 'dataset' ? 'dataset' : 'base_model'}:${RepoId.format(idOf(repo))}`
  const rows = await db
    .select({ child: repos, root: forks.root, forkOf: forks.sourceId })
    .from(repos)
    .leftJoin(forks, eq(forks.repoId, repos.id))
    .where(
      and(
        may,
        sql`${repos.id} <> ${repo.id}`,
        sql`(${repos.tags} @> array[${tag}]::text[] or ${repos.id} in (select ${forks.repoId} from ${forks} where ${forks.sourceId} = ${repo.id}))`,
      ),
    )
    .orderBy(desc(repos.trending), desc(repos.id))
    .limit(maxChildren + 1)
  if (rows.length > maxChildren) found.truncated = true
  for (const { child, root, forkOf } of rows.slice(0, maxChildren)) {
    const isFork = forkOf === repo.id && !child.tags.includes(tag)
    const relation = repo.type === 'dataset' ? 'dataset' : (Labels.relationOf(child) as Relation)
    found.repos.set(child.key, found.repos.get(child.key) ?? child)
    if (found.edges.some((edge) => edge.child === child.key && edge.parent === repo.key)) continue
    found.edges.push({
      ...{ child: child.key, parent: repo.key, relation: isFork ? 'fork' : relation },
      ...{ source: isFork ? 'fork' : 'card', root: isFork ? root : null },
    })
  }
}
