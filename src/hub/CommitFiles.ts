import { Blob, type Db, type Repo, Tree } from '../catalog/index.ts'
import { Fault, type Manifest } from '../core/index.ts'

/** All files of a commit with their digests, sorted as a manifest sorts them. */
export const of = async (db: Db, repo: Repo.Repo, commit: Tree.Found): Promise<Manifest.File[]> => {
  const root: Tree.Node = { path: '', type: 'directory', oid: commit.tree }
  const nodes = (await Tree.list(db, repo.id, root, true)).filter(({ type }) => type === 'file')
  const blobs = await Blob.byOid(
    db,
    repo.id,
    nodes.map(({ oid }) => oid),
  )
  return nodes.map(({ path, oid }) => {
    const blob = blobs.get(oid)
    if (!blob) throw new Fault(`The contents of "${path}" are not recorded.`, { code: 'blob_missing' })
    return { path, size: blob.size, sha256: blob.sha256, cid: blob.cid }
  })
}
