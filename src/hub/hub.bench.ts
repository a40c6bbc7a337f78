import { createHash } from 'node:crypto'
import { Account, Commit, Repo, RepoList } from '../catalog/index.ts'
import { seedRepos } from './bench-repos.ts'
import { startTestHub, type TestHub, tokens } from './start-test-hub.ts'

/** How long one kind of request takes over HTTP, one after the other; `cpuMs` of hub and client tells a busy machine. */
export type Row = {
  name: string
  p50Ms: number
  p95Ms: number
  cpuMs: number
  limitMs: number
  kB: number
  requests: number
}

const count = 100_000
const files = 10_000
const rounds = 100
const infoMs = 10
const listMs = 50

/** Info and lists with 100,000 models, and a repository of 10,000 files; hub and client are one process. */
export async function bench(): Promise<Row[]> {
  const hub = await startTestHub()
  try {
    await seedRepos(hub.context.catalog, count)
    await bigRepo(hub)
    return [...(await infoRows(hub)), ...(await listRows(hub)), ...(await fileRows(hub))]
  } finally {
    await hub.stop()
  }
}

async function infoRows(hub: TestHub): Promise<Row[]> {
  const { rows } = await hub.context.catalog.pool.query(
    `select namespace || '/' || name as id from catalog.repos where visibility = 'public' and head <> '' order by md5(id::text) limit 400`,
  )
  const path = (i: number) => `/api/models/${rows[i % rows.length].id}`
  return [
    await measure(hub, 'a preflight: what HTTP itself takes here', infoMs, () => '/api/models', undefined, 'OPTIONS'),
    await measure(hub, 'model_info', infoMs, path),
    await measure(hub, 'model_info with a token', infoMs, path, tokens.ada),
    await measure(hub, 'model_info, expand of 31 properties', infoMs, (i) => `${path(i)}?expand=${everything}`),
  ]
}

const everything = [
  'author,baseModels,cardData,childrenModelCount,config,createdAt,disabled,downloads,downloadsAllTime,evalResults,gated,gguf',
  'inference,inferenceProviderMapping,lastModified,library_name,likes,mask_token,model-index,pipeline_tag,private',
  'resourceGroup,safetensors,sha,siblings,spaces,tags,transformersInfo,trendingScore,usedStorage,widgetData',
].join(',')

const listings: Record<string, string> = {
  'list_models, default order, 20': 'limit=20',
  'list_models, default order, 100': 'limit=100',
  'list_models, default order, 1000': '',
  'list_models, sort=downloads, 100': 'sort=downloads&limit=100',
  'list_models, frequent tag, 100': 'filter=text-generation&limit=100',
  'list_models, rare tag, 100': 'filter=tag-2718&limit=100',
  'list_models, three tags, sort=likes, 100': 'filter=llama&filter=fr&filter=license:mit&sort=likes&limit=100',
  'list_models, frequent word, 100': 'search=llama&limit=100',
  'list_models, rare word, 100': 'search=coder-31415&limit=100',
  'list_models, two words, sort=lastModified, 100': 'search=qwen%20reward&sort=lastModified&limit=100',
  'list_models, two letters that nothing has, 100': 'search=zz&limit=100',
  'list_models, author, 100': 'author=bench-1&limit=100',
  'list_models, task and 6B to 8B, 100': 'pipeline_tag=text-generation&num_parameters=min:6B,max:8B&limit=100',
  'list_models, full=true, 100': 'full=true&limit=100',
  'list_models, expand=safetensors, config, 250': 'expand=safetensors&expand=config&limit=250',
}

async function listRows(hub: TestHub): Promise<Row[]> {
  const rows: Row[] = []
  for (const [name, query] of Object.entries(listings)) {
    rows.push(await measure(hub, name, listMs, () => `/api/models?${query}`))
  }
  const cursor = await deepCursor(hub, 50_000)
  rows.push(
    await measure(hub, 'list_models, after 50,000 others, 100', listMs, () => `/api/models?limit=100&cursor=${cursor}`),
  )
  rows.push(await measure(hub, 'list_models with a token, 100', listMs, () => '/api/models?limit=100', tokens.ada))
  return rows
}

const deepCursor = async ({ context }: TestHub, after: number): Promise<string> => {
  let cursor: string | undefined
  for (let seen = 0; seen < after; seen += 1000) {
    cursor = (await RepoList.list(context.catalog.db, { type: 'model', limit: 1000, cursor }, undefined)).next
  }
  return cursor ?? ''
}

async function fileRows(hub: TestHub): Promise<Row[]> {
  const at = '/api/models/ada/big'
  return [
    await measure(hub, 'model_info, 10,000 files', listMs, () => at),
    await measure(hub, 'model_info, 10,000 files with sizes and digests', listMs * 4, () => `${at}?blobs=true`),
    await measure(hub, 'list_repo_tree, 10,000 files, a page of 1000', listMs, () => `${at}/tree/main?recursive=true`),
  ]
}

/** A repository with many files in a hundred folders; no bytes of them are needed. */
const bigRepo = async ({ context }: TestHub): Promise<void> => {
  const { db } = context.catalog
  const ada = (await Account.byName(db, 'ada')) as Account.Account
  const id = { type: 'model' as const, namespace: 'ada', name: 'big' }
  const repo = await Repo.insert(db, { id, owner: ada, creator: ada, visibility: 'public' }, new Date())
  const digest = (kind: string, i: number) => createHash(kind).update(`${i}`).digest('hex')
  const changes = Array.from({ length: files }, (_, i) => ({
    kind: 'put' as const,
    path: `part-${i % 100}/file-${i}.bin`,
    blob: { oid: digest('sha1', i), sha256: digest('sha256', i), cid: `cid-${i}`, size: i, lfs: i % 2 === 0 },
  }))
  const by = { author: { name: 'ada', email: 'ada@example.org' }, message: 'many', now: new Date() }
  await Commit.apply(db, repo, { ref: Commit.mainRef, changes, ...by })
}

async function measure(
  { url }: TestHub,
  name: string,
  limitMs: number,
  path: (i: number) => string,
  token?: string,
  method = 'GET',
): Promise<Row> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const times: number[] = []
  let bytes = 0
  let cpu = process.cpuUsage()
  for (let i = -20; i < rounds; i++) {
    if (i === 0) cpu = process.cpuUsage()
    const start = performance.now()
    const response = await fetch(url + path(Math.abs(i)), { method, headers })
    bytes = (await response.arrayBuffer()).byteLength
    if (!response.ok) throw new Error(`${name}: ${response.status}`)
    if (i >= 0) times.push(performance.now() - start)
  }
  const { user, system } = process.cpuUsage(cpu)
  times.sort((a, b) => a - b)
  const at = (part: number) => Number((times[Math.floor(times.length * part)] as number).toFixed(1))
  const cpuMs = Number(((user + system) / 1000 / rounds).toFixed(1))
  return { name, p50Ms: at(0.5), p95Ms: at(0.95), cpuMs, limitMs, kB: Math.round(bytes / 1000), requests: rounds }
}
