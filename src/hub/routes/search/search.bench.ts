import { VectorIndex } from '../../../catalog/index.ts'
import { seedRepos } from '../../bench-repos.ts'
import { startTestHub } from '../../start-test-hub.ts'

/** How long searches take over HTTP, and how many are answered in a second; hub, Postgres and client share the machine. */
export type Row = {
  name: string
  p50Ms?: number
  p95Ms?: number
  limitMs?: number
  perSecond?: number
  leastPerSecond?: number
  requests: number
}

const models = 100_000
const rounds = 200
const warmUp = 40
const clients = 8
const seconds = 10
const searchMs = 50
const typoMs = 120
const leastPerSecond = 500

const families = ['llama', 'qwen', 'mistral', 'gemma', 'phi', 'bert', 't5', 'falcon', 'opt', 'bloom']
const kinds = ['instruct', 'chat', 'base', 'lora', 'distill', 'merge', 'reward', 'coder']
const tasks = ['text-generation', 'fill-mask', 'translation', 'image-classification', 'token-classification']
const languages = ['en', 'zh', 'fr', 'de', 'es']

/** The i-th of a list, each as often. */
const pick = (list: string[], i: number): string => list[i % list.length] as string
const swapped = (word: string, i: number): string => {
  const at = 1 + (i % (word.length - 2))
  return `${word.slice(0, at)}${word[at + 1]}${word[at]}${word.slice(at + 2)}`
}

/** Queries of one kind. */
const searches: Record<string, { limitMs: number; path: (i: number) => string }> = {
  'a frequent word': { limitMs: searchMs, path: (i) => `q=${pick(families, i)}` },
  'a frequent word, without facets': { limitMs: searchMs, path: (i) => `q=${pick(families, i)}&facets=false` },
  'two words': { limitMs: searchMs, path: (i) => `q=${pick(families, i)}+${pick(kinds, i * 3)}` },
  'three words with a number': {
    limitMs: searchMs,
    path: (i) => `q=${pick(families, i)}+${1 + (i % 69)}b+${pick(kinds, i * 3)}`,
  },
  'one model by its name': { limitMs: searchMs, path: (i) => `q=${pick(families, i)}+${1 + ((i * 997) % models)}` },
  'a word while it is typed': { limitMs: searchMs, path: (i) => `q=${pick(families, i).slice(0, 3)}` },
  'no words, trending': { limitMs: searchMs, path: (i) => `limit=${20 + (i % 10)}` },
  'task and license, by downloads': {
    limitMs: searchMs,
    path: (i) => `task=${pick(tasks, i)}&license=mit&sort=downloads`,
  },
  'task, language, size, by likes': {
    limitMs: searchMs,
    path: (i) => `task=${pick(tasks, i)}&language=${pick(languages, i * 3)}&size=4B-10B&sort=likes`,
  },
  'a word and a filter, by date': {
    limitMs: searchMs,
    path: (i) => `q=${pick(kinds, i)}&license=apache-2.0&sort=updated`,
  },
  'a typing error': { limitMs: typoMs, path: (i) => `q=${swapped(pick(families.slice(0, 4), i), i)}` },
  'a typing error in a name': {
    limitMs: typoMs,
    path: (i) => `q=${swapped(pick(kinds, i), i)}+${1 + ((i * 997) % models)}&mode=typo`,
  },
}

/** The same query is asked for other numbers of hits each time, so that no answer is told a second time. */
const anew = (query: string, i: number): string =>
  query.startsWith('limit=') ? `limit=${10 + (i % 80)}` : `${query}&limit=${12 + (Math.floor(i / 10) % 60)}`

/** Searches over 100,000 models on one connection, and with eight clients at once. */
export async function bench(): Promise<Row[]> {
  const hub = await startTestHub()
  try {
    await seedRepos(hub.context.catalog, models)
    await hub.context.catalog.pool.query('vacuum analyze catalog.search')
    return await measureAll(hub.url)
  } finally {
    await hub.stop()
  }
}

/** All rows, of a hub that runs. */
export async function measureAll(url: string): Promise<Row[]> {
  const rows: Row[] = []
  for (const [name, { limitMs, path }] of Object.entries(searches)) {
    rows.push(await one(`${url}/api/dehug/search?`, name, limitMs, (i) => anew(path(i), i)))
  }
  rows.push(
    await one(
      `${url}/api/dehug/suggest?`,
      'suggestions',
      searchMs,
      (i) => `q=${pick(families, i).slice(0, 3 + (i % 2))}`,
    ),
  )
  const texts = Object.values(searches).filter(({ limitMs }) => limitMs === searchMs)
  const mixed = (i: number) =>
    (texts[i % texts.length] as { path: (i: number) => string }).path(Math.floor(i / texts.length))
  rows.push(await many(url, 'all but typing errors, each anew, 8 clients', (i) => anew(mixed(i), i)))
  rows.push(await many(url, 'the same without facets, 8 clients', (i) => `${anew(mixed(i), i)}&facets=false`))
  rows.push(await many(url, 'as people ask: some often, most seldom, 8 clients', (i) => mixed(zipf(i))))
  rows.push(await meaning())
  return rows
}

/** A number below 20,000; the n-th is drawn in proportion to 1 / n. */
function zipf(i: number): number {
  const drawn = ((i * 0.618_033_988_75) % 1) * Math.log(20_000)
  return Math.floor(Math.exp(drawn)) - 1
}

/** A vector of 384 numbers, as small sentence models make them, compared with 100,000. */
async function meaning(): Promise<Row> {
  const size = 384
  const index = new VectorIndex(size, models * size)
  const vector = (seed: number) => Int8Array.from({ length: size }, (_, i) => ((seed * 31 + i * i * 17) % 255) - 127)
  for (let i = 0; i < models; i++) index.put(String(i), vector(i))
  const times: number[] = []
  for (let i = 0; i < 20; i++) {
    const start = performance.now()
    await index.nearest(vector(i * 7), 200, 0.1)
    times.push(performance.now() - start)
  }
  return { name: 'meanings compared, 384 numbers each', ...quantiles(times), limitMs: searchMs, requests: times.length }
}

async function ask(url: string): Promise<void> {
  const answer = await fetch(url)
  await answer.arrayBuffer()
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`)
}

async function one(base: string, name: string, limitMs: number, path: (i: number) => string): Promise<Row> {
  const times: number[] = []
  for (let i = -warmUp; i < rounds; i++) {
    const start = performance.now()
    await ask(base + path(i + warmUp))
    if (i >= 0) times.push(performance.now() - start)
  }
  return { name, ...quantiles(times), limitMs, requests: rounds }
}

function quantiles(times: number[]): { p50Ms: number; p95Ms: number } {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (part: number) => Number((sorted[Math.floor(sorted.length * part)] as number).toFixed(1))
  return { p50Ms: at(0.5), p95Ms: at(0.95) }
}

async function many(url: string, name: string, path: (i: number) => string): Promise<Row> {
  const end = performance.now() + seconds * 1000
  let requests = 0
  const client = async () => {
    while (performance.now() < end) await ask(`${url}/api/dehug/search?${path(requests++)}`)
  }
  await Promise.all(Array.from({ length: clients }, client))
  return { name, perSecond: Math.round(requests / seconds), leastPerSecond, requests }
}
