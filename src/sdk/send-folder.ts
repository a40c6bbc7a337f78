import { open, readFile } from 'node:fs/promises'
import { type DehugError, type Manifest, NotFound, RepoId, VerificationFailed } from '../core/index.ts'
import { apiPath, type Connection, filePath } from './Connection.ts'
import { digestBytes } from './digest-bytes.ts'
import type { FileDigests } from './digest-file.ts'
import type { FolderFile } from './Folder.ts'
import * as Pickle from './Pickle.ts'
import { forEach } from './parallel.ts'
import type { PushOptions } from './push.ts'
import { upload } from './upload.ts'

/** A file of the folder with its digests. */
export type Local = FolderFile & FileDigests

export type Sent = {
  /** The commit that now holds exactly the folder (and `kept`). */
  commit: string
  uploadedFiles: number
  uploadedBytes: number
  deletedFiles: number
  /** Files that the hub keeps for itself and that are not in the folder. */
  kept: Manifest.File[]
}

/** A file that the hub lacks, and how it is sent. */
export type Change = { local: Local; mode: 'lfs' | 'regular' }

/** What the hub has at a path; `lfs.oid` is the SHA-256 of a large file. */
export type TreeEntry = { type: string; path: string; size: number; oid: string; lfs?: { oid: string } }

export type SendOptions = Pick<PushOptions, 'repo' | 'message' | 'parallel' | 'onProgress' | 'signal'>

const revision = 'main'
const preuploadBatch = 256
/** Inline bytes of one commit; more is sent as several commits, as other clients do. */
const commitInlineBytes = 32 * 1024 * 1024
/** Made by the hub in each new repository; stays although the folder does not hold it. */
const hubFiles = new Set(['.gitattributes'])

/** Makes the repository hold exactly the folder, sending only what the hub does not have. */
export async function sendFolder(
  connection: Connection,
  options: PushOptions & { locals: Local[]; description?: string },
): Promise<Sent> {
  const { repo, locals } = options
  const before = await ensureRepo(connection, repo)
  const changes = await changesOf(connection, repo, locals)
  const remote = await listTree(connection, repo)
  const own = new Set(locals.map((file) => file.path))
  const foreign = remote.filter((entry) => entry.type === 'file' && !own.has(entry.path))
  const deleted = foreign.filter((entry) => !hubFiles.has(entry.path)).map((entry) => entry.path)
  const uploadedBytes = await uploadLarge(connection, options, changes)
  options.onProgress?.({ phase: 'commit' })
  const regular = changes.filter((change) => change.mode === 'regular')
  const commit =
    changes.length + deleted.length === 0
      ? before
      : await commitAll(connection, options, { changes, deleted, parent: before })
  return {
    commit,
    kept: await keptFiles(connection, repo, foreign, commit),
    uploadedFiles: changes.length,
    uploadedBytes: uploadedBytes + regular.reduce((sum, change) => sum + change.local.size, 0),
    deletedFiles: deleted.length,
  }
}

/** The head commit; the repository is made where it is missing. */
export async function ensureRepo(connection: Connection, repo: RepoId.RepoId): Promise<string> {
  const head = await headCommit(connection, repo).catch((error: unknown) => {
    if ((error as DehugError).status === 404) return undefined
    throw error
  })
  if (head !== undefined) return head
  const me = (await connection.hub.json('/api/whoami-v2')) as { name?: string }
  const own = me.name?.toLowerCase() === repo.namespace.toLowerCase()
  await connection.hub.json('/api/repos/create', {
    method: 'POST',
    body: { name: repo.name, organization: own ? null : repo.namespace, type: repo.type, visibility: 'public' },
  })
  return headCommit(connection, repo)
}

async function headCommit(connection: Connection, repo: RepoId.RepoId): Promise<string> {
  const info = (await connection.hub.json(`${apiPath(repo)}/revision/${revision}`)) as { sha?: unknown }
  if (typeof info.sha !== 'string') throw new NotFound(`${RepoId.format(repo)} has no commit.`)
  return info.sha
}

async function changesOf(connection: Connection, repo: RepoId.RepoId, locals: Local[]): Promise<Change[]> {
  const changes: Change[] = []
  for (let at = 0; at < locals.length; at += preuploadBatch) {
    const batch = locals.slice(at, at + preuploadBatch)
    const body = { files: await Promise.all(batch.map(describeFile)) }
    const answer = (await connection.hub.json(`${apiPath(repo)}/preupload/${revision}`, {
      method: 'POST',
      body,
      retry: true,
    })) as { files: { path: string; uploadMode: string; oid?: string }[] }
    const byPath = new Map(answer.files.map((file) => [file.path, file]))
    for (const local of batch) {
      const said = byPath.get(local.path)
      const mode = said?.uploadMode === 'lfs' || local.gitOid === undefined ? 'lfs' : 'regular'
      if (said?.oid !== (mode === 'lfs' ? local.sha256 : local.gitOid)) changes.push({ local, mode })
    }
  }
  return changes
}

async function describeFile(file: Local) {
  const handle = await open(file.absolutePath)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(Pickle.sampleBytes), 0, Pickle.sampleBytes, 0)
    return { path: file.path, size: file.size, sample: buffer.subarray(0, bytesRead).toString('base64') }
  } finally {
    await handle.close()
  }
}

/** Every file and folder of the head. */
export async function listTree(connection: Connection, repo: RepoId.RepoId): Promise<TreeEntry[]> {
  const entries: TreeEntry[] = []
  let path: string | undefined = `${apiPath(repo)}/tree/${revision}?recursive=true`
  while (path !== undefined) {
    const answer: Response = await connection.hub.response(path)
    entries.push(...((await answer.json()) as TreeEntry[]))
    const next: string | undefined = /<([^>]+)>;\s*rel="next"/.exec(answer.headers.get('link') ?? '')?.[1]
    path = next === undefined ? undefined : pathOf(next)
  }
  return entries
}

const pathOf = (url: string) => {
  const { pathname, search } = new URL(url)
  return pathname + search
}

type LfsObject = {
  oid: string
  actions?: {
    upload?: { href: string; header?: Record<string, string> }
    verify?: { href: string; header?: Record<string, string> }
  }
  error?: { message: string }
}

/** LFS basic transfer: objects without an `upload` action are there already. Returns the bytes sent. */
export async function uploadLarge(connection: Connection, options: SendOptions, changes: Change[]): Promise<number> {
  const bySha = new Map(changes.filter((change) => change.mode === 'lfs').map(({ local }) => [local.sha256, local]))
  if (bySha.size === 0) return 0
  const missing: { local: Local; object: LfsObject }[] = []
  const wanted = [...bySha.values()]
  for (let at = 0; at < wanted.length; at += preuploadBatch) {
    for (const object of await lfsBatch(connection, options.repo, wanted.slice(at, at + preuploadBatch))) {
      const local = bySha.get(object.oid)
      if (object.error) throw new LfsRefused(local?.path ?? object.oid, object.error.message)
      if (local && object.actions?.upload) missing.push({ local, object })
    }
  }
  const totalBytes = missing.reduce((sum, { local }) => sum + local.size, 0)
  let doneBytes = 0
  const onBytes = (count: number) => {
    doneBytes += count
    options.onProgress?.({ phase: 'upload', doneBytes, totalBytes })
  }
  await forEach(missing, options.parallel ?? 4, ({ local, object }) =>
    putObject(connection, { local, object, onBytes, signal: options.signal }),
  )
  return totalBytes
}

async function lfsBatch(connection: Connection, repo: RepoId.RepoId, files: Local[]): Promise<LfsObject[]> {
  const answer = (await connection.hub.json(`${filePath(repo)}.git/info/lfs/objects/batch`, {
    method: 'POST',
    retry: true,
    headers: { accept: 'application/vnd.git-lfs+json', 'content-type': 'application/vnd.git-lfs+json' },
    body: {
      operation: 'upload',
      transfers: ['basic'],
      hash_algo: 'sha256',
      objects: files.map(({ sha256, size }) => ({ oid: sha256, size })),
    },
  })) as { objects: LfsObject[] }
  return answer.objects
}

type Put = { local: Local; object: LfsObject; onBytes: (count: number) => void; signal: AbortSignal | undefined }

async function putObject(connection: Connection, { local, object, onBytes, signal }: Put): Promise<void> {
  const action = object.actions?.upload
  if (!action) return
  await upload({
    url: new URL(action.href, connection.endpoint).href,
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream', ...action.header },
    body: { path: local.absolutePath, size: local.size },
    onBytes,
    signal,
  })
  const verify = object.actions?.verify
  if (!verify) return
  await connection.hub.json(pathOf(new URL(verify.href, connection.endpoint).href), {
    method: 'POST',
    retry: true,
    headers: { accept: 'application/vnd.git-lfs+json', ...lowerNames(verify.header) },
    body: { oid: local.sha256, size: local.size },
  })
}

/** A name in two cases would be sent as two headers. */
const lowerNames = (headers: Record<string, string> = {}) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

type Commit = { changes: Change[]; deleted: string[]; parent: string }

/** One commit, or several where the inline files are large together. The last one is the folder. */
export async function commitAll(
  connection: Connection,
  options: SendOptions & { description?: string },
  { changes, deleted, parent }: Commit,
): Promise<string> {
  let head = parent
  const parts = partsOf(changes)
  for (const [i, part] of parts.entries()) {
    const last = i === parts.length - 1
    const summary = `${options.message ?? 'Publish with dehug push'}${parts.length > 1 ? ` (part ${i + 1})` : ''}`
    const { description = '' } = options
    const lines = () => commitLines({ summary, description, parent: head, part, deleted: last ? deleted : [] })
    const answer = await upload({
      url: `${connection.endpoint}${apiPath(options.repo)}/commit/${revision}`,
      method: 'POST',
      headers: {
        'content-type': 'application/x-ndjson',
        ...(connection.token === undefined ? {} : { authorization: `Bearer ${connection.token}` }),
      },
      body: lines,
      signal: options.signal,
      attempts: 1,
    })
    head = (JSON.parse(answer) as { commitOid: string }).commitOid
  }
  return head
}

function partsOf(changes: Change[]): Change[][] {
  const parts: Change[][] = [[]]
  let inline = 0
  for (const change of changes) {
    const size = change.mode === 'regular' ? change.local.size : 0
    if (inline + size > commitInlineBytes && parts.at(-1)?.length) {
      parts.push([])
      inline = 0
    }
    inline += size
    parts.at(-1)?.push(change)
  }
  return parts
}

async function* commitLines(commit: {
  summary: string
  description: string
  parent: string
  part: Change[]
  deleted: string[]
}): AsyncIterable<string> {
  const line = (key: string, value: unknown) => `${JSON.stringify({ key, value })}\n`
  yield line('header', { summary: commit.summary, description: commit.description, parentCommit: commit.parent })
  for (const path of commit.deleted) yield line('deletedFile', { path })
  for (const { local, mode } of commit.part) {
    const { path, sha256, size } = local
    if (mode === 'lfs') yield line('lfsFile', { path, algo: 'sha256', oid: sha256, size })
    else yield line('file', { path, encoding: 'base64', content: await readFile(local.absolutePath, 'base64') })
  }
}

/** The hub's own files, read and hashed so that the manifest covers the whole commit. */
async function keptFiles(
  connection: Connection,
  repo: RepoId.RepoId,
  foreign: TreeEntry[],
  commit: string,
): Promise<Manifest.File[]> {
  const kept: Manifest.File[] = []
  for (const { path } of foreign.filter((entry) => hubFiles.has(entry.path))) {
    const answer = await connection.hub.response(`${filePath(repo)}/resolve/${commit}/${path}`)
    const bytes = new Uint8Array(await answer.arrayBuffer())
    kept.push({ path, size: bytes.length, ...digestBytes(bytes) })
  }
  return kept
}

/** The hub will not take a large file. */
export class LfsRefused extends VerificationFailed {
  constructor(path: string, reason: string) {
    super(`The hub refuses "${path}": ${reason}.`, {
      code: 'upload_refused',
      exitCode: 1,
      hint: 'Check the size limit and quota of the repository.',
    })
  }
}
