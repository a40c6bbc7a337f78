import { Blob, Card, type Commit, type Db, Labels, Readme, Repo, SearchText, Tree } from '../catalog/index.ts'
import { NotFound } from '../core/index.ts'
import type { Store } from '../store/index.ts'
import * as FileTags from './FileTags.ts'
import { type File, rangeOf, read as readWeights } from './headers/WeightFacts.ts'

const maxTextBytes = 2 ** 20
/** Characters of a README that search looks at. */
const maxSearched = 16_000
const maxEvalFiles = 32
const maxEvalBytes = 64 * 1024

/**
 * What the row of a repository says at its new head on the main branch: card, config, facts out of file headers, and
 * the labels all these give. Whatever the files hold, it throws only where the database or the disk fails.
 */
export const describe =
  (store: Store): NonNullable<Commit.Hooks['describe']> =>
  (tx, repo, head) =>
    inTurn(() => rowAt(tx, store, repo, head))

const rowAt = async (db: Db, store: Store, repo: Repo.Repo, head: Tree.Found) => {
  const files = await filesOf(db, repo.id, head)
  const text = (path: string) => textOf(store, files, path)
  const readme = (await text('README.md')) ?? ''
  const { card } = Card.fromReadme(readme)
  const config = Card.fromConfig((await text('config.json')) ?? '', {
    tokenizer: await text('tokenizer_config.json'),
    special: await text('special_tokens_map.json'),
  })
  const found = await factsOf(store, repo, files, readme)
  await SearchText.put(db, repo.id, Readme.plain(readme, maxSearched))
  return {
    ...{ card, config, facts: found, factsOf: head.oid, fileCount: files.length },
    ...(repo.type === 'space' ? { sdk: Labels.texts(card.sdk)[0]?.slice(0, 64) ?? repo.sdk } : {}),
    parameters: found.safetensors?.total ?? found.gguf?.total ?? 0,
    ...Labels.from({ type: repo.type, card, config, facts: found }),
  }
}

const factsOf = async (store: Store, repo: Repo.Repo, files: File[], readme: string): Promise<Repo.Repo['facts']> => {
  const weights = repo.type === 'model' ? await readWeights(store, files, repo.facts) : {}
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

/** The row, brought up to date where commits landed without being described. */
export const refreshed = async (db: Db, store: Store, repo: Repo.Repo): Promise<Repo.Repo> => {
  if (repo.factsOf === repo.head) return repo
  return db.transaction((tx) =>
    inTurn(async () => {
      const present = await Repo.find(tx, Repo.idOf(repo))
      if (present?.id !== repo.id || present.factsOf === present.head) return present ?? repo
      const head = await Tree.commitAt(tx, present.id, present.head)
      if (!head) return present
      const row = await rowAt(tx, store, present, head)
      await Repo.setFacts(tx, present, row)
      return { ...present, ...row }
    }),
  )
}

let last: Promise<unknown> = Promise.resolve()

/**
 * One at a time in a process, because headers may take some memory. Whoever waits has a connection to the database
 * already; otherwise those who wait could hold all connections that the one whose turn it is needs.
 */
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
    return new TextDecoder().decode(await rangeOf(store, file.blob)(0, Math.min(file.blob.size, maxTextBytes)))
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
