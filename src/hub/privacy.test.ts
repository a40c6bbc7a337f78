import { createHash } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Blob, Repo, Token } from '../catalog/index.ts'
import { Cid, RepoId } from '../core/index.ts'
import { gatewayPlugin } from '../store/index.ts'
import { answerNotFound, hubPlugin, hubServerOptions } from './app.ts'
import { file, header, lfs, startHubClient } from './hub-client.ts'
import { mapParallel } from './map-parallel.ts'
import { tokens } from './start-test-hub.ts'

/*
 * Two people and an organisation have private repositories. Every route there is, as Fastify lists them, is asked by
 * strangers: about what is hidden and about what does not exist, which has to be answered alike to the byte; and about
 * everything else before and after the hidden repositories came to be, which must not make a difference.
 */

type Hub = Awaited<ReturnType<typeof startHubClient>>
type Endpoint = { method: string; url: string }
type Ask = { method: string; url: string; body?: string; type?: string }
type Answer = { status: number; text: string }
type Pair = { hidden: string; absent: string }

let hub: Hub
let app: FastifyInstance
let limited: string
const endpoints: Endpoint[] = []

const marker = 'the hidden text nobody else may read'
const weights = Buffer.from(`${marker} in large`)
const types = ['model', 'dataset', 'space'] as const

/** What is hidden beside something alike that does not exist. */
const names = { repos: [] as Pair[], hashes: [] as Pair[], collections: [] as Pair[] }
/** What strangers saw twice before anything was hidden. */
const before: Map<string, Answer>[][] = []
/** Path of a public collection that holds hidden repositories too. */
let slug = ''
let large: { oid: string; size: number }
/** Texts that no stranger may be told. */
let secrets: string[] = []

beforeAll(async () => {
  hub = await startHubClient()
  app = Fastify(hubServerOptions)
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) if (one !== 'OPTIONS') endpoints.push({ method: one, url })
  })
  await app.register(hubPlugin(hub.context))
  const { catalog, store } = hub.context
  await app.register(gatewayPlugin(store, { visible: (cid) => Blob.isPublic(catalog.db, cid) }))
  app.setNotFoundHandler(answerNotFound)
  await app.ready()
  const collection = { title: 'shared', namespace: 'ada', item: { id: 'ada/open', type: 'model' } }
  slug = `/api/collections/${(await must(hub.json('POST', '/api/collections', collection))).slug}`
  await must(hub.json('POST', '/api/models/ada/open/like', {}))
  for (const _ of [1, 2]) before.push(await Promise.all(strangers().map(worldview)))
  large = await hub.upload(weights, 'ada/open', tokens.ada)
  for (const owner of ['ada', 'lab']) for (const type of types) await hide(type, owner, 'formed', 'hidden')
  await collectSecrets()
}, 120_000)
afterAll(async () => {
  await app?.close()
  await hub?.stop()
})

/** As a stranger sends it; the answer without what differs from one request to the next. */
const send = async ({ method, url, body, type }: Ask, token: string | undefined): Promise<Answer> => {
  const answer = await app.inject({
    method: method as 'GET',
    url,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(type ? { 'content-type': type } : {}),
    },
    ...(body === undefined ? {} : { payload: body }),
  })
  const passing = ['date', 'x-request-id', 'ratelimit', 'connection', 'keep-alive']
  const headers = Object.entries(answer.headers).filter(([name]) => !passing.includes(name))
  return { status: answer.statusCode, text: `${JSON.stringify(headers.sort())}\n${answer.body}` }
}

const passing: [RegExp, string][] = [
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID'],
  [/\b[0-9a-f]{24}\b/g, 'ID'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME'],
  [/hf_[\w-]{20,}/g, 'TOKEN'],
  [/\btry-\d+/g, 'TRY'],
  [/dehug_session=[\w-]+/g, 'COOKIE'],
  [/\["(content-length|etag|expires)",[^\]]*\],?/g, ''],
]
const neutral = (text: string, pair: Pair[], side: keyof Pair): string =>
  [...passing.map(([from, to]) => [from, to] as const), ...pair.map((one) => [one[side], 'NAME'] as const)].reduce(
    (rest, [from, to]) => rest.replaceAll(from, to),
    text,
  )

const strangers = (): (string | undefined)[] => [undefined, tokens.eve]

/** Every way to name something else than a repository in a URL. */
const accounts = ['ada', 'lab', 'bob']
const ordinary: Record<string, string[]> = {
  num: ['1'],
  part: ['1'],
  epoch: ['1'],
  file: ['ada.svg'],
  user: accounts,
  org: accounts,
  owner: accounts,
}
const combine = <T>(lists: T[][]): T[][] =>
  lists.reduce<T[][]>((rows, list) => rows.flatMap((row) => list.map((item) => [...row, item])), [[]])

const parametersOf = (url: string): string[] => [...url.matchAll(/:(\w+)|\*/g)].map(([all, name]) => name ?? all)
const fill = (url: string, values: Record<string, string>): string =>
  url.replace(/:(\w+)|\*/g, (all, name) => values[name ?? all] ?? '')

/** Bodies that every writing route understands something of; the repository they speak of is `repo`. */
let tries = 0
const bodiesAbout = (repo: string, hash: Pair | undefined): Omit<Ask, 'method' | 'url'>[] => {
  const [organization, name] = repo.split('/') as [string, string]
  const sha256 = hash?.hidden ?? 'a'.repeat(64)
  const wish = {
    ...{
      name,
      organization,
      type: 'model',
      fromRepo: repo,
      toRepo: 'Eve/mine',
      repository: 'Eve/mine',
      repo: `model:${repo}`,
    },
    ...{ title: `try-${tries++}`, namespace: 'Eve', item: { id: repo, type: 'model' }, user: 'Eve', role: 'admin' },
    ...{ status: 'open', comment: 'c', description: 'd', content: 'c', pullRequest: false, message: 'm', tag: 't' },
    ...{ operation: 'download', objects: [{ oid: sha256, size: weights.length }], oid: sha256, size: weights.length },
    ...{
      files: [{ path: 'a.bin', size: 5, sample: '', sha256, xetHash: sha256, filename: 'a.bin' }],
      paths: ['README.md'],
    },
    ...{ target: { type: 'model', name: 'Eve/mine' }, deletions: { sha: [sha256] }, startingPoint: 'main' },
    ...{ url: 'https://example.org/hook', watched: [{ type: 'model', name: repo }], domains: ['repo'], path: 'a.txt' },
    ...{ mint: undefined, manifest: '{}', signature: '0x', scope: 'read', gated: 'auto' },
  }
  const lines = [header(), file('a.txt', 'a'), lfs('w.bin', { oid: sha256, size: weights.length })]
  return [
    { body: JSON.stringify(wish), type: 'application/json' },
    { body: lines.map((line) => JSON.stringify(line)).join('\n'), type: 'application/x-ndjson' },
    {
      body: new URLSearchParams({ paths: 'README.md', title: 't' }).toString(),
      type: 'application/x-www-form-urlencoded',
    },
  ]
}
const reads = (method: string): boolean => method === 'GET' || method === 'HEAD'

const assertNoSecret = (ask: Ask, answer: Answer): void => {
  const asked = decodeURIComponent(ask.url) + (ask.body ?? '')
  const told = secrets.filter((secret) => answer.text.includes(secret) && !asked.includes(secret))
  expect({ ask: `${ask.method} ${ask.url}`, told }).toEqual({ ask: `${ask.method} ${ask.url}`, told: [] })
}

/** Asks twice, once about what is hidden and once about what is not there, and compares. */
const compare = async (hidden: Ask, absent: Ask, pairs: Pair[], token: string | undefined): Promise<void> => {
  const one = await send(hidden, token)
  const other = await send(absent, token)
  assertNoSecret(hidden, one)
  const who = `${token ? 'stranger' : 'nobody'}: ${hidden.method} ${hidden.url} ${hidden.type ?? ''}`
  expect({ who, status: one.status, text: neutral(one.text, pairs, 'hidden') }).toEqual({
    who,
    status: other.status,
    text: neutral(other.text, pairs, 'absent'),
  })
  expect(one.status, who).toBeLessThan(500)
}

/** Everything a stranger can find out without naming a repository. */
const worldview = async (token: string | undefined): Promise<Map<string, Answer>> => {
  const queries = [
    '',
    '?search=hid',
    '?author=ada&full=true',
    '?author=lab&limit=1',
    '?filter=hidden-tag',
    '?sort=likes&limit=2',
  ]
  const found = new Map<string, Answer>()
  for (const { method, url } of endpoints.filter((one) => reads(one.method) && !one.url.includes(':ns'))) {
    const parameters = parametersOf(url)
    const values = combine(parameters.map((name) => ordinary[name] ?? ['open']))
    for (const chosen of values) {
      const path = fill(url, Object.fromEntries(parameters.map((name, i) => [name, chosen[i] as string])))
      for (const query of [...queries, '?owner=ada&sort=upvotes', '?item=models/ada/open', '?q=shared']) {
        const ask = { method, url: path + query }
        const answer = await send(ask, token)
        assertNoSecret(ask, answer)
        found.set(`${method} ${path}${query}`, { status: answer.status, text: neutral(answer.text, [], 'hidden') })
      }
    }
  }
  return found
}

const must = async (answer: Response | Promise<Response>): Promise<Record<string, unknown>> => {
  const done = await answer
  if (!done.ok) throw new Error(`${done.url}: ${done.status} ${await done.text()}`)
  const text = await done.text()
  return text === '' ? {} : JSON.parse(text)
}

const hide = async (type: (typeof types)[number], owner: string, made: string, name: string): Promise<void> => {
  const { json, send: ask } = hub
  const api = `/api/${type}s/${owner}/${made}`
  await must(
    json('POST', '/api/repos/create', { name: made, organization: owner, type, visibility: 'private', sdk: 'static' }),
  )
  const card = `---\ntags: [hidden-tag]\nlicense: mit\nbase_model: ada/open\n---\n${marker}\n`
  const lines = [
    header(),
    file('README.md', card),
    file('config.json', '{"model_type":"hidden-kind"}'),
    lfs('w.bin', large),
  ]
  await must(
    ask('POST', `${api}/commit/main`, {
      token: tokens.ada,
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.map((line) => JSON.stringify(line)).join('\n'),
    }),
  )
  await must(json('POST', `${api}/tag/main`, { tag: 'v1' }))
  await must(json('POST', `${api}/branch/side`, {}))
  await must(
    json('POST', `${api}/discussions`, { title: `${marker} in talk`, description: marker, pullRequest: false }),
  )
  await must(json('POST', `${api}/like`, {}))
  if (owner === 'lab') await must(json('POST', `${api}/like`, {}, tokens.bob))
  await must(json('PUT', `${api}/settings`, { gated: 'manual' }))
  if (made !== name)
    await must(json('POST', '/api/repos/move', { fromRepo: `${owner}/${made}`, toRepo: `${owner}/${name}`, type }))
  await must(json('POST', `${slug}/items`, { item: { id: `${owner}/${name}`, type } }))
  await must(json('POST', `/api/${type}s/${owner}/${name}/duplicate`, { repository: `${owner}/hidden-fork` }))
}

test('behavior: private repositories of two people and an organisation change nothing that strangers see', async () => {
  const after = await Promise.all(strangers().map(worldview))
  const [first = [], second = []] = before
  for (const [i, views] of first.entries()) {
    for (const [ask, answer] of views) {
      // What is new at each request, such as a nonce, cannot be compared.
      if (second[i]?.get(ask)?.text !== answer.text) continue
      expect({ ask, ...after[i]?.get(ask) }).toEqual({ ask, ...answer })
    }
  }
  expect(first[0]?.size).toBeGreaterThan(100)
}, 120_000)

/** Names, ids and digests of all that is hidden. */
const collectSecrets = async (): Promise<void> => {
  const { db } = hub.context.catalog
  secrets = [marker, 'hidden-tag', 'hidden-kind', 'hidden-fork', '/hidden', '/formed']
  for (const owner of ['ada', 'lab']) {
    for (const type of types) {
      const repo = (await Repo.find(db, RepoId.parse(`${owner}/hidden`, type))) as Repo.Repo
      secrets.push(repo.id, repo.head)
      const blobs = await db.query.blobs.findMany({ where: (row, { eq }) => eq(row.repoId, repo.id) })
      const own = blobs.filter(({ lfs: large, size }) => large || size !== 0)
      for (const hash of [repo.head, ...own.flatMap(({ oid, sha256, cid }) => [oid, sha256, cid])]) {
        names.hashes.push({ hidden: hash, absent: alike(hash) })
      }
    }
  }
  const shared = new Set(await openDigests())
  names.hashes = [...new Map(names.hashes.map((pair) => [pair.hidden, pair])).values()].filter(
    ({ hidden }) => !shared.has(hidden),
  )
  secrets.push(...names.hashes.map(({ hidden }) => hidden))
  names.repos = ['ada', 'lab'].flatMap((owner) => [
    { hidden: `${owner}/hidden`, absent: `${owner}/absent` },
    { hidden: `${owner}/formed`, absent: `${owner}/nobody` },
  ])
  names.collections = [{ hidden: await privateCollection(), absent: `secret-${'0'.repeat(24)}` }]
}

/** Another digest of the same form. */
const alike = (hash: string): string =>
  /^[0-9a-f]+$/.test(hash)
    ? hash.replace(/./g, (digit) => ((Number.parseInt(digit, 16) + 7) % 16).toString(16))
    : Cid.toString(Cid.ofRaw(createHash('sha256').update(hash).digest()))

const openDigests = async (): Promise<string[]> => {
  const { db } = hub.context.catalog
  const open = (await Repo.find(db, RepoId.parse('ada/open'))) as Repo.Repo
  const blobs = await db.query.blobs.findMany({ where: (row, { eq }) => eq(row.repoId, open.id) })
  return blobs.flatMap(({ oid, sha256, cid }) => [oid, sha256, cid])
}

const privateCollection = async (): Promise<string> => {
  const made = await must(hub.json('POST', '/api/collections', { title: 'secret', namespace: 'ada', private: true }))
  return String(made.slug).split('/')[1] as string
}

/** What stands for the other parameters of a route about a repository: things that the hidden ones have. */
const within = (name: string): string[] => {
  const [digest] = names.hashes
  if (name === 'type') return ['model']
  if (name === 'num') return ['1']
  if (name === '*') return ['README.md', 'main...side']
  return ['main', digest?.hidden ?? 'main', 'v1']
}

test('behavior: every route about a hidden repository answers as about one that does not exist', async () => {
  const { db } = hub.context.catalog
  const ada = (await db.query.accounts.findFirst({
    where: (row, { eq }) => eq(row.key, 'ada'),
  })) as Token.Holder['user']
  const rights = {
    global: [],
    canReadGatedRepos: true,
    scoped: [{ entity: 'model:ada/open', permissions: ['repo.write'] }],
  }
  limited = (await Token.issue(db, ada, { name: 'limited', scope: 'fineGrained', rights }, new Date())).secret
  const asks = endpoints
    .filter(({ url }) => url.includes(':ns'))
    .flatMap((endpoint) => names.repos.flatMap((repo, i) => asksAbout(endpoint, repo, i === 0)))
  await mapParallel(asks, 8, ({ hidden, absent, repo, token }) => compare(hidden, absent, [nameOf(repo)], token))
  expect(asks.length).toBeGreaterThan(1000)
}, 300_000)

/** The first repository is asked about in many ways, the others in one. */
const asksAbout = ({ method, url }: Endpoint, repo: Pair, thorough: boolean) => {
  const parameters = parametersOf(url).filter((name) => name !== 'ns' && name !== 'name')
  const bodies = {
    hidden: bodiesAbout(repo.hidden, names.hashes[0]),
    absent: bodiesAbout(repo.absent, names.hashes[0]),
  }
  const ask = (side: keyof Pair, values: string[]): Ask[] => {
    const [ns, name] = repo[side].split('/') as [string, string]
    const others = parameters.map((key, at) => [key, encodeURIComponent(values[at] as string)])
    const path = { method, url: fill(url, { ns, name, ...Object.fromEntries(others) }) }
    const full = bodies[side].map((body) => ({ ...path, ...body }))
    if (reads(method)) return [path]
    return thorough ? [path, ...full] : full.slice(0, 1)
  }
  return combine(parameters.map(within))
    .slice(0, thorough ? 2 : 1)
    .flatMap((values) => {
      const absent = ask('absent', values)
      return ask('hidden', values).flatMap((hidden, at) =>
        (thorough ? [...strangers(), limited] : strangers()).map((token) => ({
          ...{ hidden, absent: absent[at] as Ask, repo, token },
        })),
      )
    })
}

const nameOf = ({ hidden, absent }: Pair): Pair => ({
  hidden: hidden.split('/')[1] as string,
  absent: absent.split('/')[1] as string,
})

test('behavior: digests, collections and names in bodies tell strangers nothing', async () => {
  const pairs = [...names.hashes.slice(0, 10), ...names.collections]
  for (const { method, url } of endpoints.filter((one) => !one.url.includes(':ns') && !isSession(one.url))) {
    const parameters = parametersOf(url)
    for (const token of strangers()) {
      if (parameters.length > 0 && reads(method)) {
        for (const pair of pairs) {
          const path = (side: keyof Pair) => {
            const values =
              combine(
                parameters.map((name) => (accounts.includes(ordinary[name]?.[0] ?? '') ? ['ada'] : [pair[side]])),
              )[0] ?? []
            return {
              method,
              url: fill(url, Object.fromEntries(parameters.map((name, i) => [name, values[i] as string]))),
            }
          }
          if (!url.startsWith('/avatars')) await compare(path('hidden'), path('absent'), [pair], token)
        }
      }
      for (const repo of reads(method) ? [] : names.repos) {
        const path = {
          method,
          url: fill(url, Object.fromEntries(parameters.map((name) => [name, ordinary[name]?.[0] ?? 'none']))),
        }
        const bodies = bodiesAbout(repo.hidden, names.hashes[0])
        const others = bodiesAbout(repo.absent, names.hashes[0])
        for (const [at, body] of bodies.entries()) {
          await compare({ ...path, ...body }, { ...path, ...others[at] }, [nameOf(repo)], token)
        }
      }
    }
  }
}, 300_000)

/** Routes that end or begin logins, and answer each time anew. */
const isSession = (url: string): boolean => /^\/(oauth|login|logout)|\/(tokens|device|oauth-)/.test(url)
