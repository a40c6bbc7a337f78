import { Blob, type Db, GitObject, type Onchain, Repo, Tree } from '../catalog/index.ts'
import { RepoId } from '../core/index.ts'

type Json = Record<string, unknown>

/** How large the pointer of a file is that lies in LFS. */
export const lfsOf = ({ sha256, size }: Blob.Blob) => ({
  sha256,
  oid: sha256,
  size,
  pointerSize: GitObject.lfsPointer(sha256, size).length,
})

/** The files of a commit as `siblings`; sizes and digests only where `blobs` are wanted. */
export const siblings = async (db: Db, repo: Repo.Repo, commit: Tree.Found, blobs: boolean): Promise<Json[]> => {
  const root: Tree.Node = { path: '', type: 'directory', oid: commit.tree }
  const files = (await Tree.list(db, repo.id, root, true)).filter(({ type }) => type === 'file')
  if (!blobs) return files.map(({ path }) => ({ rfilename: path }))
  const known = await Blob.byOid(
    db,
    repo.id,
    files.map(({ oid }) => oid),
  )
  return files.map(({ path, oid }) => {
    const blob = known.get(oid)
    const lfs = blob?.lfs ? { lfs: lfsOf(blob) } : {}
    return { rfilename: path, blobId: oid, size: blob?.size ?? 0, ...lfs }
  })
}

/** The facts of a repository at a commit, under the names Hugging Face clients know. */
export const describe = (repo: Repo.Repo, commit: Tree.Found | undefined): Json => {
  const id = RepoId.format(Repo.idOf(repo))
  const common = {
    _id: repo.id.replaceAll('-', '').slice(0, 24),
    id,
    author: repo.namespace,
    sha: commit?.oid ?? repo.head,
    lastModified: (commit ? new Date(commit.at * 1000) : repo.updatedAt).toISOString(),
    createdAt: repo.createdAt.toISOString(),
    private: repo.visibility === 'private',
    gated: false,
    disabled: false,
    downloads: repo.downloads,
    downloadsAllTime: repo.downloads,
    likes: repo.likes,
    trendingScore: repo.downloads,
    tags: repo.tags,
    cardData: repo.card,
    usedStorage: repo.usedStorage,
  }
  return repo.type === 'model' ? { ...common, ...modelOnly(repo, id) } : common
}

const modelOnly = (repo: Repo.Repo, id: string): Json => ({
  modelId: id,
  ...(repo.pipelineTag === null ? {} : { pipeline_tag: repo.pipelineTag }),
  ...(repo.libraryName === null ? {} : { library_name: repo.libraryName }),
  'model-index': repo.card['model-index'] ?? null,
  widgetData: repo.card.widget ?? null,
  baseModels: repo.card.base_model ?? null,
  spaces: [],
  ...(repo.config === null ? {} : { config: modelConfig(repo.config) }),
})

const modelConfig = (config: Json): Json => ({ architectures: config.architectures, model_type: config.model_type })

/** Keeps the ids and the wanted properties, as the `expand` parameter asks. */
export const expand = (info: Json, wanted: string[]): Json =>
  Object.fromEntries(Object.entries(info).filter(([name]) => ['_id', 'id', 'modelId', ...wanted].includes(name)))

/** What the chain says about a repository, as JSON; null where it was not minted or no indexer runs. */
export const onchain = (model: Onchain.Model | undefined): Json | null =>
  model
    ? {
        modelId: model.modelId.toString(),
        owner: model.owner,
        head: model.head,
        versions: model.versions,
        creatorBps: model.creatorBps,
        claimedMicroUsdc: model.claimedMicroUsdc.toString(),
        creatorMicroUsdc: model.creatorMicroUsdc.toString(),
        holderMicroUsdc: model.holderMicroUsdc.toString(),
        jobs: model.jobs.toString(),
      }
    : null
