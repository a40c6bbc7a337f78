import { Labels, Onchain, Pull, type Repo, RepoLinks, Served } from '../catalog/index.ts'
import type { HubContext } from './context.ts'
import { type Json, shortId } from './RepoInfo.ts'

/** Properties that other rows than a repository's own tell. */
export const names = [
  'baseModels',
  'childrenModelCount',
  'dehug',
  'inference',
  'inferenceProviderMapping',
  'securityRepoStatus',
  'siblings',
  'spaces',
] as const
export type Name = (typeof names)[number]

/** A repository with the commit that is asked about. */
export type Subject = { repo: Repo.Repo; commit: string }

type Loader = (context: HubContext, subjects: readonly Subject[]) => Promise<(subject: Subject) => Json>

/** The wanted ones for all of these repositories, by id of the repository; as many queries for many as for one. */
export const load = async (
  context: HubContext,
  subjects: readonly Subject[],
  wanted: Iterable<Name>,
): Promise<Map<string, Json>> => {
  const found = await Promise.all([...wanted].map((name) => loaders[name](context, subjects)))
  return new Map(
    subjects.map((subject) => [subject.repo.id, Object.assign({}, ...found.map((of) => of(subject))) as Json]),
  )
}

const reposOf = (subjects: readonly Subject[]): Repo.Repo[] => subjects.map(({ repo }) => repo)

/** What is certain about the bytes: whether the commit is anchored, and what the chain says about the repository. */
const dehug: Loader = async ({ catalog: { db }, clock }, subjects) => {
  const [versions, models, pulls] = await Promise.all([
    RepoLinks.versionsAt(
      db,
      subjects.map(({ repo, commit }) => ({ repoId: repo.id, oid: commit })),
    ),
    Onchain.models(
      db,
      subjects.map(({ repo }) => repo.key),
    ),
    Pull.recent(
      db,
      subjects.map(({ repo }) => repo.id),
      clock(),
    ),
  ])
  return ({ repo }) => {
    const version = versions.get(repo.id)
    const anchored = version !== undefined && version.anchoredAt !== null
    const { root = null, manifestCid = null, tx = null, delegated = null } = anchored ? version : {}
    const { onnx } = repo.facts
    return {
      dehug: {
        ...{ anchored, root, manifestCid, tx, delegated },
        verifiedPulls: pulls.get(repo.id) ?? 0,
        ...(onnx ? { onnx } : {}),
        ...onchain(models.get(repo.key)),
      },
    }
  }
}

/** What the indexer knows; nothing where the repository was not minted or no indexer runs. */
const onchain = (model: Onchain.Model | undefined): Json =>
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
    : {}

const baseModels: Loader = async ({ catalog: { db } }, subjects) => {
  const bases = ({ repo }: Subject) => Labels.texts(repo.card.base_model).slice(0, 32)
  const known = await RepoLinks.publicModels(db, subjects.flatMap(bases))
  return (subject) => {
    const models = bases(subject).map((name) => {
      const model = known.get(name.toLowerCase())
      return model ? { _id: shortId(model.id), id: `${model.namespace}/${model.name}` } : { id: name }
    })
    return models.length === 0 ? {} : { baseModels: { relation: Labels.relationOf(subject.repo), models } }
  }
}

const childrenModelCount: Loader = async ({ catalog: { db } }, subjects) => {
  const counts = await RepoLinks.children(db, reposOf(subjects))
  return ({ repo }) => ({ childrenModelCount: counts.get(repo.key) ?? 0 })
}

const spaces: Loader = async ({ catalog: { db } }, subjects) => {
  const found = await RepoLinks.spaces(db, reposOf(subjects))
  return ({ repo }) => ({ spaces: found.get(repo.key) ?? [] })
}

const inference: Loader = async ({ catalog, clock }) => {
  const served = await Served.models(catalog.db, clock())
  return ({ repo }) => (served.has(repo.key) ? { inference: 'warm' } : {})
}

/**
 * Models that run on this network are reached under the provider name whose routes this hub's own gateway speaks. A
 * model nobody serves has no mapping: clients fail on an empty one.
 */
const inferenceProviderMapping: Loader = async ({ catalog, clock }) => {
  const served = await Served.models(catalog.db, clock())
  return ({ repo }) => {
    const model = served.get(repo.key)
    if (!model) return {}
    const task = repo.tags.includes('conversational') ? 'conversational' : (repo.pipelineTag ?? model.task)
    const providerId = `${repo.namespace}/${repo.name}`
    return { inferenceProviderMapping: { 'hf-inference': { status: 'live', providerId, task } } }
  }
}

/** Nothing is scanned here, and the answer says so. */
const securityRepoStatus: Loader = async () => () => ({
  securityRepoStatus: { scansDone: false, filesWithIssues: [] },
})

const siblings: Loader = async ({ catalog: { db } }, subjects) => {
  const paths = await RepoLinks.paths(db, reposOf(subjects))
  return ({ repo }) => ({ siblings: (paths.get(repo.id) ?? []).map((path) => ({ rfilename: path })) })
}

const loaders: Record<Name, Loader> = {
  ...{ baseModels, childrenModelCount, dehug, inference, inferenceProviderMapping },
  ...{ securityRepoStatus, siblings, spaces },
}
