import type { Repo } from '../../catalog/index.ts'
import { type Hex, License, Manifest, ModelIndex, Pickle, RepoId } from '../../core/index.ts'
import type { Store } from '../../store/index.ts'
import { readAll } from '../read-all.ts'

export type Parts = {
  repo: Repo.Repo
  commit: string
  files: Manifest.File[]
  /** Root of the head that this version follows. */
  parent: Hex
  /** The manifest of that head, where its bytes are here. */
  previous: Manifest.Manifest | undefined
  owner: Hex
  now: Date
}

/**
 * The manifest of a commit that arrived without one. What the card does not say stays as it was; where nobody ever said
 * the license, it is `unknown`.
 */
export const from = async (store: Store, parts: Parts): Promise<Manifest.Manifest> => {
  const { repo, commit, files, parent, previous, owner, now } = parts
  const unsafe = await unsafeOf(store, files, previous)
  return Manifest.from({
    repo: RepoId.parse(repo.key),
    ...{ commit, files, parents: [parent], author: owner, createdAt: now.getTime(), delegated: true },
    license: licenseOf(repo, files) ?? previous?.license ?? License.from('unknown'),
    baseModels: baseModelsOf(repo) ?? previous?.baseModels ?? [],
    evals: ModelIndex.results(repo.card),
    ...(repo.pipelineTag === null ? {} : { task: repo.pipelineTag.slice(0, 64) }),
    ...(repo.libraryName === null ? {} : { libraryName: repo.libraryName.slice(0, 64) }),
    ...(unsafe.length > 0 ? { unsafe } : {}),
  })
}

const first = (value: unknown): unknown => (Array.isArray(value) ? value[0] : value)

const licenseOf = ({ card }: Repo.Repo, files: Manifest.File[]): License.License | undefined => {
  const id = first(card.license)
  if (typeof id !== 'string') return undefined
  const textSha256 = files.find(({ path }) => /^licen[cs]e(\.(txt|md))?$/i.test(path))?.sha256
  try {
    return License.from(id, { textSha256 })
  } catch {
    return undefined
  }
}

const relations = ['fork', 'finetune', 'adapter', 'quantized', 'merge'] as const
type Edge = Manifest.Manifest['baseModels'][number]

const baseModelsOf = ({ card }: Repo.Repo): Edge[] | undefined => {
  const names = (Array.isArray(card.base_model) ? card.base_model : [card.base_model]).filter(
    (name) => typeof name === 'string',
  )
  if (names.length === 0) return undefined
  const relation = relations.find((known) => known === card.base_model_relation) ?? 'finetune'
  return names.slice(0, 32).flatMap((name): Edge[] => {
    try {
      return [{ repo: RepoId.key(RepoId.parse(name, 'model')), relation }]
    } catch {
      return []
    }
  })
}

/** Files that run code when they are loaded; those that did not change are as the last manifest says. */
const unsafeOf = async (
  store: Store,
  files: Manifest.File[],
  previous: Manifest.Manifest | undefined,
): Promise<string[]> => {
  const known = new Map(previous?.files.map(({ path, cid }) => [path, cid]))
  const unsafe: string[] = []
  for (const { path, cid, size } of files) {
    const isUnsafe =
      known.get(path) === cid
        ? previous?.unsafe?.includes(path) === true
        : Pickle.detect(path, size === 0 ? new Uint8Array() : await headOf(store, cid, size))
    if (isUnsafe) unsafe.push(path)
  }
  return unsafe
}

const headOf = async (store: Store, cid: string, size: number): Promise<Uint8Array> =>
  readAll(await store.open(cid, { start: 0, end: Math.min(size, Pickle.sampleBytes) }))
