import { setTimeout as delay } from 'node:timers/promises'
import {
  Blob,
  Card,
  type Commit,
  type Db,
  Evaluation,
  Labels,
  Readme,
  Repo,
  SearchText,
  Tree,
} from '../catalog/index.ts'
import { NotFound } from '../core/index.ts'
import type { Store } from '../store/index.ts'
import * as FileTags from './FileTags.ts'
import * as WeightFacts from './headers/WeightFacts.ts'

type File = WeightFacts.File

const maxTextBytes = 2 ** 20
/** Characters of a README that search looks at. */
const maxSearched = 16_000
const maxEvalFiles = 32
const maxEvalBytes = 64 * 1024

/**
 * What the row of a repository says at its new head on the main branch, while the commit lands: card, config and labels.
 * The headers of new weights are not read then, because nobody else can commit meanwhile: the row says nothing about them
 * and names no commit in `factsOf` until {@link refreshed} has read them. Whatever the files hold, it throws only where
 * the database or the disk fails.
 */
export const describe =
  (store: Store): NonNullable<Commit.Hooks['describe']> =>
  async (tx, repo, head) => {
    const files = await filesOf(tx, repo.id, head)
    const weights = weightsKnown(repo, files)
    const readme = await readmeOf(store, files)
    await SearchText.put(tx, repo.id, Readme.plain(readme, maxSearched))
    const row = await rowAt(store, repo, files, readme, weights ?? {})
    await report(tx, repo, row.card, head)
    return { ...row, factsOf: weights ? head.oid : '' }
  }

const report = async (db: Db, { id, type }: Repo.Repo, card: Card.Card, { oid }: Tree.Found): Promise<void> => {
  if (type === 'model') await Evaluation.report(db, id, card, oid)
}

const weightsKnown = (repo: Repo.Repo, files: File[]): WeightFacts.Facts | undefined =>
  repo.type === 'model' ? WeightFacts.known(files, repo.facts) : {}

const readmeOf = async (store: Store, files: File[]): Promise<string> => (await textOf(store, files, 'README.md')) ?? ''

const rowAt = async (store: Store, repo: Repo.Repo, files: File[], readme: string, weights: WeightFacts.Facts) => {
  const text = (path: string) => textOf(store, files, path)
  const { card } = Card.fromReadme(readme)
  const config = Card.fromConfig((await text('config.json')) ?? '', {
    tokenizer: await text('tokenizer_config.json'),
    special: await text('special_tokens_map.json'),
  })
  const found = await factsOf(store, repo, files, readme, weights)
  return {
    ...{ card, config, facts: found, fileCount: files.length },
    ...(repo.type === 'space' ? { sdk: Labels.texts(card.sdk)[0]?.slice(0, 64) ?? repo.sdk } : {}),
    parameters: found.safetensors?.total ?? found.gguf?.total ?? 0,
    ...Labels.from({ type: repo.type, card, config, facts: found }),
  }
}

const factsOf = async (
  store: Store,
  repo: Repo.Repo,
  files: File[],
  readme: string,
  weights: WeightFacts.Facts,
): Promise<Repo.Repo['facts']> => {
  const tags = [...FileTags.of(repo.type, files), ...Readme.papers(readme)]
  const library = repo.type === 'model' ? FileTags.library(files) : undefined
  const evalResults = repo.type === 'model' ? await evalResultsOf(store, files) : []
  const description = repo.type === 'dataset' ? Readme.description(readme) : undefined
  const citation = repo.type === 'dataset' ? Readme.citation(readme) : undefined
  return {
    ...weights,
    ...(tags.length > 0 ? { tags } : {}),
    ...(library === undefined ? {} : { library }),
    ...(evalResults.length > 0 ? { evalResults } : {}),
    ...(description === undefined ? {} : { description }),
    ...(citation === undefined ? {} : { citation }),
    size: files.reduce((bytes, { blob }) => bytes + blob.size, 0),
  }
}

/** By repository and head: whoever asks while the headers are read waits for the same reading. */
const reading = new WeakMap<Db, Map<string, Promise<Repo.Repo>>>()

/**
 * The row, with what its weights say where that was not read yet. No transaction is open meanwhile; the facts are kept
 * only if the head is still the one they are of.
 */
export const refreshed = (db: Db, store: Store, repo: Repo.Repo): Promise<Repo.Repo> => {
  if (repo.factsOf === repo.head) return Promise.resolve(repo)
  const all = reading.get(db) ?? new Map<string, Promise<Repo.Repo>>()
  reading.set(db, all)
  const key = `${repo.id} ${repo.head}`
  const running = all.get(key)
  if (running) return running
  const started = inTurn(() => refresh(db, store, repo)).finally(() => all.delete(key))
  all.set(key, started)
  return started
}

const refresh = async (db: Db, store: Store, repo: Repo.Repo): Promise<Repo.Repo> => {
  const present = await Repo.find(db, Repo.idOf(repo))
  if (present?.id !== repo.id || present.factsOf === present.head) return present ?? repo
  const head = await Tree.commitAt(db, present.id, present.head)
  if (!head) return present
  const files = await filesOf(db, present.id, head)
  const weights = weightsKnown(present, files) ?? (await WeightFacts.read(store, files))
  const readme = await readmeOf(store, files)
  const row = { ...(await rowAt(store, present, files, readme, weights)), factsOf: head.oid }
  await db.transaction(async (tx) => {
    if (await Repo.setFacts(tx, present, row)) await report(tx, present, row.card, head)
  })
  return { ...present, ...row }
}

/** An answer to a commit waits so long for the facts: long enough for all headers but hostile ones. */
const patienceMs = 250

/** Reads what the weights of a commit say, once it has landed; goes on behind the caller's back where that takes long. */
export const settle = async (db: Db, store: Store, repo: Repo.Repo): Promise<void> => {
  // What fails here is done when somebody asks for the repository.
  const settled = (async () => {
    const present = await Repo.find(db, Repo.idOf(repo))
    if (present?.id === repo.id) await refreshed(db, store, present)
  })().catch(() => undefined)
  const patience = new AbortController()
  await Promise.race([settled, delay(patienceMs, undefined, { signal: patience.signal }).catch(() => undefined)])
  patience.abort()
}

let last: Promise<unknown> = Promise.resolve()

/** One at a time in a process, because headers may take some memory. Nobody holds a connection to the database meanwhile. */
const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
  const turn = last.then(work)
  last = turn.catch(() => undefined)
  return turn
}

const filesOf = async (db: Db, repoId: string, head: Tree.Found): Promise<File[]> => {
  const nodes = await Tree.list(db, repoId, { path: '', type: 'directory', oid: head.tree }, true)
  const files = nodes.filter(({ type }) => type === 'file')
  const oids = [...new Set(files.map(({ oid }) => oid))]
  const blobs = await Blob.byOid(db, repoId, oids)
  return files.flatMap(({ path, oid }) => {
    const blob = blobs.get(oid)
    return blob ? [{ path, blob }] : []
  })
}

/** The beginning of a file as text; undefined where it is not there. */
const textOf = async (store: Store, files: File[], path: string): Promise<string | undefined> => {
  const file = files.find((candidate) => candidate.path === path)
  if (!file) return undefined
  try {
    return new TextDecoder().decode(
      await WeightFacts.rangeOf(store, file.blob)(0, Math.min(file.blob.size, maxTextBytes)),
    )
  } catch (error) {
    if (error instanceof NotFound) return undefined
    throw error
  }
}

/** Source: https://huggingface.co/docs/hub/eval-results */
const evalResultsOf = async (store: Store, files: File[]): Promise<Record<string, unknown>[]> => {
  const wanted = files.filter(
    ({ path, blob }) => /^\.eval_results\/[^/]+\.ya?ml$/.test(path) && blob.size <= maxEvalBytes,
  )
  const entries: Record<string, unknown>[] = []
  let left = maxEvalBytes
  for (const { path } of wanted.slice(0, maxEvalFiles)) {
    for (const entry of Card.evalResults((await textOf(store, files, path)) ?? '')) {
      left -= JSON.stringify(entry).length
      if (left >= 0) entries.push(entry)
    }
  }
  return entries
}
