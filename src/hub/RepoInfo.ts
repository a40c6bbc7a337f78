import { Blob, type Db, GitObject, Labels, type Repo, Tree, Trending } from '../catalog/index.ts'
import { RepoId } from '../core/index.ts'

export type Json = Record<string, unknown>

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
  const oids = [...new Set(files.map(({ oid }) => oid))]
  const known = await Blob.byOid(db, repo.id, oids)
  return files.map(({ path, oid }) => {
    const blob = known.get(oid)
    const lfs = blob?.lfs ? { lfs: lfsOf(blob) } : {}
    return { rfilename: path, blobId: oid, size: blob?.size ?? 0, ...lfs }
  })
}

/** The id that clients show beside the name: 24 hex digits. */
export const shortId = (id: string): string => id.replaceAll('-', '').slice(0, 24)

/** All that the row itself says of a repository, at its head or at a commit, under the names Hugging Face clients know. */
export const describe = (repo: Repo.Repo, commit: Tree.Found | undefined, now: Date): Json => {
  const id = RepoId.format({ type: repo.type, namespace: repo.namespace, name: repo.name })
  return {
    _id: shortId(repo.id),
    id,
    ...(repo.type === 'model' ? { modelId: id } : {}),
    author: repo.namespace,
    sha: commit?.oid ?? repo.head,
    lastModified: (commit ? new Date(commit.at * 1000) : repo.updatedAt).toISOString(),
    createdAt: repo.createdAt.toISOString(),
    private: repo.visibility !== 'public',
    gated: repo.gated ?? false,
    disabled: false,
    downloads: repo.downloads,
    downloadsAllTime: repo.downloads,
    likes: repo.likes,
    trendingScore: Trending.score(repo.trending, now),
    tags: repo.tags,
    cardData: repo.card,
    usedStorage: repo.usedStorage,
    ...ofType[repo.type](repo),
  }
}

const modelOnly = ({ card, config, facts, pipelineTag, libraryName }: Repo.Repo): Json => {
  const tokenizer = config?.tokenizer_config as Json | undefined
  const transformersInfo = libraryName === 'transformers' ? Labels.transformersInfo(config) : undefined
  return {
    ...(pipelineTag === null ? {} : { pipeline_tag: pipelineTag }),
    ...(libraryName === null ? {} : { library_name: libraryName }),
    ...(typeof tokenizer?.mask_token === 'string' ? { mask_token: tokenizer.mask_token } : {}),
    'model-index': card['model-index'] ?? null,
    ...(card.widget ? { widgetData: card.widget } : {}),
    ...(config === null ? {} : { config }),
    ...(transformersInfo ? { transformersInfo } : {}),
    ...(facts.safetensors ? { safetensors: facts.safetensors } : {}),
    ...(facts.gguf ? { gguf: facts.gguf } : {}),
    ...(facts.evalResults ? { evalResults: facts.evalResults } : {}),
  }
}

const datasetOnly = ({ card, facts }: Repo.Repo): Json => ({
  ...(facts.description === undefined ? {} : { description: facts.description }),
  ...(facts.citation === undefined ? {} : { citation: facts.citation }),
  ...(facts.size === undefined ? {} : { mainSize: facts.size }),
  paperswithcode_id: card.paperswithcode_id ?? null,
})

/** This hub keeps spaces and does not run them. */
const notRunning = { stage: 'STOPPED', hardware: { current: null, requested: null }, storage: null, gcTimeout: null }

const spaceOnly = (repo: Repo.Repo): Json => {
  const [sdk] = [repo.sdk, ...Labels.texts(repo.card.sdk)].filter((name) => name)
  return {
    ...(sdk ? { sdk } : {}),
    subdomain: `${repo.namespace}-${repo.name}`.toLowerCase().replace(/[^a-z0-9]+/g, '-'),
    region: 'us',
    runtime: notRunning,
    models: Labels.texts(repo.card.models),
    datasets: Labels.texts(repo.card.datasets),
  }
}

const ofType = { model: modelOnly, dataset: datasetOnly, space: spaceOnly }
