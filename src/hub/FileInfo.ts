import { Blob, type Db, History, LastCommit, type Repo, type Tree, Xet } from '../catalog/index.ts'
import * as RepoInfo from './RepoInfo.ts'

type Title = { id: string; title: string; date: string }

/** A file or folder as clients read it. */
export type FileInfo = {
  type: Tree.Node['type']
  oid: string
  size: number
  path: string
  lfs?: ReturnType<typeof RepoInfo.lfsOf>
  /** Of large files that are kept as chunks. */
  xetHash?: string
  lastCommit?: Title
}

/** Files and folders as the listings show them; `lastCommit` only where `expanded`. */
export const describe = async (
  db: Db,
  repo: Repo.Repo,
  commit: Tree.Found,
  nodes: Tree.Node[],
  expanded: boolean,
): Promise<FileInfo[]> => {
  const blobs = await Blob.byOid(
    db,
    repo.id,
    nodes.flatMap(({ type, oid }) => (type === 'file' ? [oid] : [])),
  )
  const large = [...blobs.values()].filter(({ lfs }) => lfs)
  const xetHashes = await Xet.hashes(
    db,
    large.map(({ cid }) => cid),
  )
  const last = expanded ? await lastCommits(db, repo, commit, nodes) : new Map<string, Title>()
  return nodes.map(({ type, path, oid }) => {
    const blob = blobs.get(oid)
    const xetHash = blob?.lfs ? xetHashes.get(blob.cid) : undefined
    const lastCommit = last.get(path)
    return {
      type,
      oid,
      size: blob?.size ?? 0,
      path,
      ...(blob?.lfs ? { lfs: RepoInfo.lfsOf(blob) } : {}),
      ...(xetHash ? { xetHash } : {}),
      ...(lastCommit ? { lastCommit } : {}),
    }
  })
}

/** For each path the commit that gave it its present contents. */
const lastCommits = async (
  db: Db,
  repo: Repo.Repo,
  from: Tree.Found,
  nodes: Tree.Node[],
): Promise<Map<string, Title>> => {
  const oids = await LastCommit.of(db, repo.id, from.oid, nodes)
  const commits = await History.whole(db, repo.id, [...new Set(oids.values())])
  const titles = new Map(commits.map((commit) => [commit.oid, titled(commit)]))
  return new Map([...oids].flatMap(([path, oid]) => (titles.has(oid) ? [[path, titles.get(oid) as Title]] : [])))
}

/** The first line of a message, its rest, and the time of a commit. */
export const titled = (commit: Tree.Found): Title & { message: string } => {
  const [title = '', ...rest] = commit.message.split('\n')
  return {
    id: commit.oid,
    title,
    message: rest.join('\n').trim(),
    date: new Date(commit.at * 1000).toISOString(),
  }
}
