import { and, ne, sql } from 'drizzle-orm'
import { LRUCache } from 'lru-cache'
import type { Db } from '../database.ts'
import { visible } from '../Repo.ts'
import type { Holder } from '../Token.ts'
import { repos, searchVectors } from '../tables/index.ts'
import { type Embedder, likeness, toBytes } from './Embedder.ts'
import { forgetOthers, makeVectors } from './make-vectors.ts'
import { best, type Near, VectorIndex } from './VectorIndex.ts'

/** Search by meaning: vectors of all public models and data sets in memory, kept up with the database. */
export type Meanings = AsyncDisposable & {
  /** The name of the model that compares meanings. */
  readonly model: string
  /** False until the model runs and the vectors made before are read. */
  isReady: () => boolean
  /** What is most alike of what this caller may see, the best first. Throws what the embedder throws. */
  nearest: (text: string, type: RepoType, holder: Holder | undefined) => Promise<Near[]>
  /** Embeds what has changed now instead of within a second. */
  refresh: () => Promise<void>
}

type RepoType = 'model' | 'dataset'

export type MeaningsOptions = {
  db: Db
  embedder: Embedder
  /** Of all vectors together; what comes later is not found by meaning. Default 128 MiB. */
  maxBytes?: number
  /** Wait between looks at what has changed. Default one second. */
  everyMs?: number
  onError: (error: unknown) => void
}

/** So many of the nearest are found. */
export const nearestCount = 200
/** Less alike than this is by chance. */
const leastLikeness = 0.1
/** Private ones of a caller that are compared besides. */
const maxOwn = 2_000
const maxTexts = 1_000
/** Looks between two counts of what is there. */
const roundsToCount = 300

type State = {
  indexes: Record<RepoType, VectorIndex | undefined>
  /** What older transactions wrote has been read. */
  seen: string | undefined
  texts: LRUCache<string, Int8Array>
}

export const start = (options: MeaningsOptions): Meanings => {
  const { db, embedder, everyMs = 1_000, onError } = options
  const state: State = {
    indexes: { model: undefined, dataset: undefined },
    seen: undefined,
    texts: new LRUCache({ max: maxTexts }),
  }
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  let rounds = 0
  const refresh = async () => {
    if (!embedder.isReady()) return
    if (state.seen === undefined) {
      await forgetOthers(db, embedder)
      await readChanges(options, state)
    }
    while (!isStopped && (await makeVectors(db, embedder, onError))) await readChanges(options, state)
    await readChanges(options, state)
    if (++rounds % roundsToCount === 0 && (await hasDeleted(options, state))) {
      Object.assign(state, { indexes: { model: undefined, dataset: undefined }, seen: undefined })
      await readChanges(options, state)
    }
  }
  let last: Promise<void> = Promise.resolve()
  const queued = () => {
    last = last.catch(() => undefined).then(refresh)
    return last
  }
  let told = ''
  const tell = (error: unknown) => {
    if (String(error) !== told) onError(error)
    told = String(error)
  }
  const round = async () => {
    await queued().then(() => {
      told = ''
    }, tell)
    if (!isStopped) later()
  }
  const later = () => {
    timer = setTimeout(round, everyMs).unref()
  }
  later()
  return {
    get model() {
      return embedder.model
    },
    isReady: () => embedder.isReady() && state.seen !== undefined,
    nearest: (text, type, holder) => nearest(options, state, { text, type, holder }),
    refresh: queued,
    [Symbol.asyncDispose]: async () => {
      isStopped = true
      clearTimeout(timer)
      await last.catch(() => undefined)
    },
  }
}

type Row = { id: string; type: RepoType; shown: boolean; vector: Uint8Array | null }

/** Reads what was written since the last look; what was read twice does no harm. */
const readChanges = async (
  { db, embedder, maxBytes = 128 * 2 ** 20 }: MeaningsOptions,
  state: State,
): Promise<void> => {
  const [row] = (await db.execute<{ seen: string }>(sql`select pg_snapshot_xmin(pg_current_snapshot())::text as seen`))
    .rows
  const { rows } = await db.execute<Row>(sql`
    select v.repo_id as id, r.type, r.visibility = 'public' and v.model = ${embedder.model} as shown, v.vector
    from ${searchVectors} as v join ${repos} as r on r.id = v.repo_id
    where v.changed >= ${state.seen ?? '0'}::xid8`)
  for (const { id, type, shown, vector } of rows) {
    if (!shown || !vector) {
      state.indexes[type]?.delete(id)
      continue
    }
    const index = state.indexes[type] ?? new VectorIndex(vector.length, maxBytes / 2)
    state.indexes[type] = index
    index.put(id, bytesOf(vector))
  }
  state.seen = row?.seen
}

/** Whether memory holds what the database does not any more: a deleted row leaves no trace to read. */
const hasDeleted = async ({ db, embedder }: MeaningsOptions, { indexes }: State): Promise<boolean> => {
  const { rows } = await db.execute<{ count: number }>(sql`
    select count(*)::int as count from ${searchVectors} as v join ${repos} as r on r.id = v.repo_id
    where v.vector is not null and v.model = ${embedder.model} and r.visibility = 'public'`)
  return (indexes.model?.rows ?? 0) + (indexes.dataset?.rows ?? 0) > (rows[0]?.count ?? 0)
}

const bytesOf = ({ buffer, byteOffset, length }: Uint8Array): Int8Array => new Int8Array(buffer, byteOffset, length)

const nearest = async (
  { db, embedder }: MeaningsOptions,
  { indexes, texts }: State,
  { text, type, holder }: { text: string; type: RepoType; holder: Holder | undefined },
): Promise<Near[]> => {
  const vector = texts.get(text) ?? toBytes((await embedder.embed([text]))[0] as Float32Array)
  texts.set(text, vector)
  const open = (await indexes[type]?.nearest(vector, nearestCount, leastLikeness)) ?? []
  if (!holder) return open
  const own = await ownVectors(db, embedder.model, type, holder)
  const alike = own.map((row) => ({ id: row.id, score: likeness(vector, bytesOf(row.vector)) }))
  return best([...open, ...alike.filter(({ score }) => score >= leastLikeness)], nearestCount)
}

/** What is not public is never kept in memory, and is compared only for those who may see it. */
const ownVectors = async (db: Db, model: string, type: RepoType, holder: Holder) => {
  const may = and(sql`${repos.type} = ${type}`, ne(repos.visibility, 'public'), await visible(db, holder))
  const { rows } = await db.execute<{ id: string; vector: Uint8Array }>(sql`
    select v.repo_id as id, v.vector from ${searchVectors} as v join ${repos} on ${repos.id} = v.repo_id
    where ${and(may, sql`v.model = ${model} and v.vector is not null`)} limit ${maxOwn}`)
  return rows
}
