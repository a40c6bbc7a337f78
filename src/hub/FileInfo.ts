import { Blob, type Db, type GitObject, type Repo, Tree } from '../catalog/index.ts'
import * as RepoInfo from './RepoInfo.ts'

type LastCommit = { id: string; title: string; date: string }

/** Files and folders as the listings show them; `lastCommit` only where `expanded`. */
export const describe = async (
  db: Db,
  repo: Repo.Repo,
  commit: Tree.Found,
  nodes: Tree.Node[],
  expanded: boolean,
): Promise<Record<string, unknown>[]> => {
  const blobs = await Blob.byOid(
    db,
    repo.id,
    nodes.flatMap(({ type, oid }) => (type === 'file' ? [oid] : [])),
  )
  const last = expanded ? await lastCommits(db, repo, commit, nodes) : new Map<string, LastCommit>()
  return nodes.map(({ type, path, oid }) => {
    const blob = blobs.get(oid)
    const lastCommit = last.get(path)
    return {
      type,
      oid,
      size: blob?.size ?? 0,
      path,
      ...(blob?.lfs ? { lfs: RepoInfo.lfsOf(blob) } : {}),
      ...(lastCommit ? { lastCommit } : {}),
    }
  })
}

/** For each path the newest commit, through first parents, that gave it its present contents. */
const lastCommits = async (
  db: Db,
  repo: Repo.Repo,
  from: Tree.Found,
  nodes: Tree.Node[],
): Promise<Map<string, LastCommit>> => {
  const trees = new Map<string, GitObject.Entry[]>()
  const line = await Tree.history(db, repo.id, from)
  const open = new Map(nodes.map(({ path, oid }) => [path, oid]))
  const found = new Map<string, LastCommit>()
  for (const [i, commit] of line.entries()) {
    const parent = line[i + 1]
    for (const [path, oid] of open) {
      const before = parent && (await oidAt(db, repo.id, trees, parent.tree, path))
      if (before === oid) continue
      found.set(path, titled(commit))
      open.delete(path)
    }
    if (open.size === 0) break
  }
  return found
}

const oidAt = async (
  db: Db,
  repoId: string,
  trees: Map<string, GitObject.Entry[]>,
  root: string,
  path: string,
): Promise<string | undefined> => {
  let oid: string | undefined = root
  for (const part of path.split('/')) {
    if (oid === undefined) return undefined
    const known: GitObject.Entry[] = trees.get(oid) ?? (await Tree.entriesOf(db, repoId, [oid])).get(oid) ?? []
    trees.set(oid, known)
    oid = known.find(({ name }) => name === part)?.oid
  }
  return oid
}

/** The first line of a message, its rest, and the time of a commit. */
export const titled = (commit: Tree.Found): LastCommit & { message: string } => {
  const [title = '', ...rest] = commit.message.split('\n')
  return {
    id: commit.oid,
    title,
    message: rest.join('\n').trim(),
    date: new Date(commit.at * 1000).toISOString(),
  }
}
