import { readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import picomatch from 'picomatch'
import { BadInput, type Manifest, RepoId } from '../core/index.ts'
import * as Card from './Card.ts'
import { type Connection, signerOf } from './Connection.ts'
import { type Content, fetchContent } from './fetch-content.ts'
import * as HubSource from './HubSource.ts'
import * as ImportTarget from './ImportTarget.ts'
import * as Pickle from './Pickle.ts'
import { forEach } from './parallel.ts'
import * as WorkFolder from './WorkFolder.ts'

/** What is going on, for a screen. Bytes are those of the source, whether they had to be fetched or not. */
export type ImportProgress =
  | { phase: 'transfer'; doneBytes: number; totalBytes: number; doneFiles: number; totalFiles: number }
  | { phase: 'list' | 'commit' | 'anchor' }

export type ImportOptions = {
  /** A Hub-compatible endpoint; only routes that every one has are used. */
  from: string
  /** `ns/name` there. */
  name: string
  type: RepoId.RepoType
  revision: string
  /** For what is private or gated there. It never leaves that host. */
  sourceToken?: string | undefined
  /** What it is called here. */
  as: RepoId.RepoId
  /** SPDX id, where the source does not say one. */
  license?: string | undefined
  allowPickle?: boolean | undefined
  /** Globs of paths to leave out; the manifest then says that it is not complete. */
  exclude?: string[] | undefined
  /** Sign and anchor the version. Default true. */
  anchor?: boolean | undefined
  parallel?: number | undefined
  stallMs?: number | undefined
  onProgress?: ((progress: ImportProgress) => void) | undefined
  signal?: AbortSignal | undefined
}

export type ImportResult = ImportTarget.Published & {
  source: { endpoint: string; repo: string; commit: string }
  license: string
  /** What came over the line in this run. */
  fetchedBytes: number
  sentBytes: number
  deletedFiles: number
  excludedFiles: number
}

/** One import under way. */
type Job = {
  connection: Connection
  options: ImportOptions
  source: HubSource.HubSource
  work: WorkFolder.WorkFolder
  target: ImportTarget.ImportTarget
  entries: HubSource.Entry[]
  /** All files with the same content, by its id. */
  byContent: Map<string, HubSource.Entry[]>
  fetchedBytes: number
  onBytes: (count: number) => void
}

const inlineGroupBytes = 32 * 2 ** 20
const groupContents = 10_000
const readmeBytes = 4 * 2 ** 20

/**
 * Takes a repository over from another hub: file by file through a small work folder, each compared with the digest that
 * the source gives, into a commit with the same git tree. Cut off, it goes on where it was. The version says that it is an
 * import which nobody claimed: free and without royalties.
 */
export async function importRepo(connection: Connection, options: ImportOptions): Promise<ImportResult> {
  if (options.anchor !== false) signerOf(connection)
  options.onProgress?.({ phase: 'list' })
  await using source = await HubSource.open({
    endpoint: options.from,
    type: options.type,
    name: options.name,
    revision: options.revision,
    token: options.sourceToken,
    stallMs: options.stallMs,
    signal: options.signal,
  })
  const all = await source.list(options.signal)
  const excluded = options.exclude?.length ? picomatch(options.exclude, { dot: true }) : () => false
  const entries = all.filter(({ path }) => !excluded(path))
  if (entries.length === 0) throw new NothingToImport(options.name)
  refusePickles(
    entries.filter(({ path }) => Pickle.detect(path, new Uint8Array())).map(({ path }) => path),
    options,
  )
  const dir = join(connection.cacheDir ?? join(tmpdir(), 'dehug'), 'imports')
  const key = [source.endpoint, source.repo, options.revision, connection.endpoint, RepoId.key(options.as)]
  await using work = await WorkFolder.open(dir, key.join('\n'))
  const target = await ImportTarget.open(connection, { ...options, source })
  const byContent = new Map<string, HubSource.Entry[]>()
  for (const entry of entries) {
    const same = byContent.get(idOf(entry))
    if (same) same.push(entry)
    else byContent.set(idOf(entry), [entry])
  }
  const job: Job = { connection, options, source, work, target, entries, byContent, fetchedBytes: 0, onBytes: () => {} }
  const described = await describe(job)
  await transfer(job)
  const result = await finish(job, described, all.length - entries.length)
  await work.remove()
  return result
}

function refusePickles(paths: string[], { allowPickle }: ImportOptions): void {
  if (paths.length > 0 && allowPickle !== true) throw new Pickle.PickleRefused(paths)
}

const idOf = (entry: HubSource.Entry): string => entry.sha256 ?? `git:${entry.oid}`
const contentOf = (entry: HubSource.Entry): Content => ({ ...entry, id: idOf(entry) })

type Described = Pick<Manifest.Manifest, 'license' | 'baseModels'> & {
  found: string | null
  card: Card.Card
}

/** Reads the card before anything large is fetched: without a license nothing is. */
async function describe(job: Job): Promise<Described> {
  const { entries, options } = job
  const readme = entries.find(({ path }) => path === 'README.md')
  if (readme && readme.size > readmeBytes) throw new BadInput('README.md of the source is larger than 4 MiB.')
  const card = Card.parse(readme ? await textOf(job, readme) : '')
  const text = entries.find(({ path }) => /^licen[cs]e(\.(txt|md))?$/i.test(path))
  const textSha256 = text && (knownOf(job, contentOf(text)) ?? (await fetch(job, contentOf(text)))).sha256
  const license = Card.licenseOf(card, { given: options.license, textSha256 })
  return { license, baseModels: card.baseModels, found: card.license ?? null, card }
}

async function textOf(job: Job, entry: HubSource.Entry): Promise<string> {
  const content = contentOf(entry)
  if (!(await isThere(job, content))) await fetch(job, content)
  return readFile(job.work.whole(content.id), 'utf8')
}

const knownOf = ({ work, target }: Job, content: Content): WorkFolder.Known | undefined =>
  work.known(content.id) ?? target.known(content)

const fetch = (job: Job, content: Content): Promise<WorkFolder.Known> =>
  fetchContent(content, {
    ...job,
    signal: job.options.signal,
    onBytes: (count) => {
      job.onBytes(count)
    },
    onFetched: (count) => {
      job.fetchedBytes += count
    },
  })

const isThere = async ({ work }: Job, { id, size }: Content): Promise<boolean> =>
  work.known(id) !== undefined && (await stat(work.whole(id)).catch(() => undefined))?.size === size

/** Everything arrives in groups; after each the small files are committed and the folder is empty again. */
async function transfer(job: Job): Promise<void> {
  const { entries, options, target } = job
  const contents = [...job.byContent.values()].map(([first]) => contentOf(first as HubSource.Entry))
  const totalBytes = contents.reduce((sum, { size }) => sum + size, 0)
  const counts = { doneBytes: 0, doneFiles: 0 }
  const report = () => options.onProgress?.({ phase: 'transfer', ...counts, totalBytes, totalFiles: contents.length })
  job.onBytes = (count) => {
    counts.doneBytes += count
    report()
  }
  for (const group of groupsOf(contents)) {
    await forEach(group, options.parallel ?? 4, async (content) => {
      await carry(job, content)
      counts.doneFiles += 1
      report()
    })
    const files = group.flatMap(({ id }) => job.byContent.get(id) ?? [])
    await target.commit(files.map((entry) => ({ entry, local: localOf(job, entry) })))
    for (const { id } of group) await rm(job.work.whole(id), { force: true })
  }
  const wanted = new Set(entries.map(({ path }) => path))
  options.onProgress?.({ phase: 'commit' })
  await target.deleteOthers(wanted)
}

function groupsOf(contents: Content[]): Content[][] {
  const groups: Content[][] = [[]]
  let inline = 0
  for (const content of contents) {
    const size = ImportTarget.isLarge(content) ? 0 : content.size
    const group = groups.at(-1) as Content[]
    if (group.length >= groupContents || (inline + size > inlineGroupBytes && group.length > 0)) {
      groups.push([])
      inline = 0
    }
    inline += size
    groups.at(-1)?.push(content)
  }
  return groups
}

const localOf = (job: Job, entry: HubSource.Entry): ImportTarget.Local => {
  const content = contentOf(entry)
  const file = { absolutePath: job.work.whole(content.id), mtimeNs: 0n, inode: 0n }
  return { ...(knownOf(job, content) as WorkFolder.Known), ...file, path: entry.path }
}

/** One content from the source to the target; what was done before is not done again. */
async function carry(job: Job, content: Content): Promise<void> {
  const { work, target, options } = job
  const before = knownOf(job, content)
  const isLarge = ImportTarget.isLarge(content)
  const isDone = isLarge
    ? before?.sent || target.hasBytes(before?.sha256)
    : before && job.byContent.get(content.id)?.every((entry) => target.has(entry, before))
  if (isDone) return job.onBytes(content.size)
  if (await isThere(job, content)) job.onBytes(content.size)
  else await fetch(job, content)
  const known = work.known(content.id) as WorkFolder.Known
  if (known.pickle) refusePickles([content.path], options)
  if (!isLarge) return
  await target.send(localOf(job, content))
  await work.remember(content.id, { ...known, sent: true })
  await rm(work.whole(content.id), { force: true })
}

async function finish(job: Job, { card, found, ...facts }: Described, excludedFiles: number): Promise<ImportResult> {
  const { connection, options, target, source, entries } = job
  const now = connection.now()
  const { endpoint, repo, commit } = source
  const complete = excludedFiles === 0
  const origin = { kind: 'hub', endpoint, repo, commit, license: found, complete, importedAt: now } as const
  const manifest = ImportTarget.manifestOf(target, {
    repo: options.as,
    locals: entries.map((entry) => localOf(job, entry)),
    facts: { ...facts, task: card.task, libraryName: card.libraryName },
    source: { ...origin, custodian: true },
    author: connection.signer?.address,
    now,
  })
  if (options.anchor !== false) options.onProgress?.({ phase: 'anchor' })
  return {
    ...(await ImportTarget.publish(connection, {
      target,
      manifest,
      repo: options.as,
      anchor: options.anchor !== false,
    })),
    source: { endpoint, repo, commit },
    license: manifest.license.id,
    fetchedBytes: job.fetchedBytes,
    ...target.sent(),
    excludedFiles,
  }
}

/** Every file was left out. */
export class NothingToImport extends BadInput {
  constructor(name: string) {
    super(`Nothing of ${name} is left to import.`, { code: 'nothing_to_import', hint: 'Loosen --exclude.' })
  }
}
