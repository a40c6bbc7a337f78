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

/** Queries of one kind; each is another one, so that nothing is answered from a cache. */
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
    rows.push(await one(`${url}/api/dehug/search?`, name, limitMs, path))
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
  rows.push(await many(url, 'all of these but typing errors, 8 clients', mixed))
  rows.push(await many(url, 'the same without facets, 8 clients', (i) => `${mixed(i)}&facets=false`))
  return rows
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
  times.sort((a, b) => a - b)
  const at = (part: number) => Number((times[Math.floor(times.length * part)] as number).toFixed(1))
  return { name, p50Ms: at(0.5), p95Ms: at(0.95), limitMs, requests: rounds }
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
