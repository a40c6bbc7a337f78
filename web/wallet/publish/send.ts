import { Bytes, type Manifest, Path, type RepoId } from 'dehug/core'
import { digestBytes } from 'dehug/sdk/web'
import { HubError } from '@/lib/HubError.ts'
import { hubFetch, hubJson, loadSession } from '../session.ts'
import { type LfsObject, partBytes, uploadObject } from './upload.ts'

/** A file with its digests, ready to be sent. */
export type Local = { path: string; blob: Blob; sha256: string; cid: string }

export type SendOptions = {
  repo: RepoId.RepoId
  locals: Local[]
  message: string
  onBytes: (path: string, doneBytes: number) => void
  onCommit: () => void
  signal: AbortSignal
}

export type Sent = { commit: string; files: Manifest.File[] }

const batch = 256
const inlineBytes = 24 * 2 ** 20
const sampleBytes = 512
/** Made by the hub in each new repository. */
const hubFiles = ['.gitattributes']

export const apiPath = ({ type, namespace, name }: RepoId.RepoId): string => `/api/${type}s/${namespace}/${name}`
const filePath = ({ type, namespace, name }: RepoId.RepoId) =>
  `${type === 'model' ? '' : `/${type}s`}/${namespace}/${name}`

/** Makes the repository hold exactly these files, sending only what the hub lacks. */
export const sendFolder = async (options: SendOptions): Promise<Sent> => {
  const { repo, locals, onBytes } = options
  const before = await ensureRepo(repo)
  const changes = await changesOf(repo, locals)
  const large = changes.filter(({ mode }) => mode === 'lfs')
  for (const { path, blob } of locals) {
    if (!large.some((change) => change.local.path === path)) onBytes(path, blob.size)
  }
  await uploadLarge(
    options,
    large.map(({ local }) => local),
  )
  options.onCommit()
  const own = new Set(locals.map(({ path }) => path))
  const deleted = (await listTree(repo)).filter((path) => !own.has(path) && !hubFiles.includes(path))
  const commit =
    changes.length + deleted.length === 0 ? before : await commitAll(options, { changes, deleted, parent: before })
  return { commit, files: await filesOf(repo, locals, commit) }
}

/** The head of the repository, which is made where it is missing. */
const ensureRepo = async (repo: RepoId.RepoId): Promise<string> => {
  const head = () => hubJson<{ sha: string }>(`${apiPath(repo)}/revision/main`)
  const known = await head().catch((error) => {
    if (error instanceof HubError && [401, 404].includes(error.status)) return undefined
    throw error
  })
  if (known) return known.sha
  const { user } = await loadSession()
  const organization = user?.name.toLowerCase() === repo.namespace.toLowerCase() ? null : repo.namespace
  const body = { name: repo.name, organization, type: repo.type, visibility: 'public' }
  await hubJson('/api/repos/create', { method: 'POST', body })
  return (await head()).sha
}

type Change = { local: Local; mode: 'lfs' | 'regular' }

const changesOf = async (repo: RepoId.RepoId, locals: Local[]): Promise<Change[]> => {
  const changes: Change[] = []
  for (let at = 0; at < locals.length; at += batch) {
    const some = locals.slice(at, at + batch)
    const files = await Promise.all(
      some.map(async ({ path, blob }) => ({ path, size: blob.size, sample: await base64(blob.slice(0, sampleBytes)) })),
    )
    const answer = await hubJson<{ files: { path: string; uploadMode: string; oid?: string }[] }>(
      `${apiPath(repo)}/preupload/main`,
      { method: 'POST', body: { files } },
    )
    const said = new Map(answer.files.map((file) => [file.path, file]))
    for (const local of some) {
      const file = said.get(local.path)
      const mode = file?.uploadMode === 'lfs' ? 'lfs' : 'regular'
      const oid = mode === 'lfs' ? local.sha256 : file?.oid && (await gitOid(local.blob))
      if (oid === undefined || file?.oid !== oid) changes.push({ local, mode })
    }
  }
  return changes
}

const base64 = async (blob: Blob): Promise<string> => {
  const bytes = new Uint8Array(await blob.arrayBuffer())
  let text = ''
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000))
  return btoa(text)
}

const gitOid = async (blob: Blob): Promise<string> => {
  const framed = new Blob([`blob ${blob.size}\0`, blob])
  return Bytes.toHex(new Uint8Array(await crypto.subtle.digest('SHA-1', await framed.arrayBuffer()))).slice(2)
}

const uploadLarge = async ({ repo, onBytes, signal }: SendOptions, large: Local[]): Promise<void> => {
  for (let at = 0; at < large.length; at += batch) {
    const some = large.slice(at, at + batch)
    const { objects } = await hubJson<{ objects: LfsObject[] }>(`${filePath(repo)}.git/info/lfs/objects/batch`, {
      method: 'POST',
      body: {
        operation: 'upload',
        transfers: ['multipart', 'basic'],
        part_size: partBytes,
        objects: some.map(({ sha256, blob }) => ({ oid: sha256, size: blob.size })),
      },
    })
    const bySha = new Map(objects.map((object) => [object.oid, object]))
    for (const { path, blob, sha256 } of some) {
      const object = bySha.get(sha256)
      if (!object || object.error)
        throw new HubError(422, { detail: `The hub refuses ${path}: ${object?.error?.message}` })
      await uploadObject(blob, object, { signal, onBytes: (done) => onBytes(path, done) })
    }
  }
}

/** Paths of the head. */
const listTree = async (repo: RepoId.RepoId): Promise<string[]> => {
  const paths: string[] = []
  let next: string | undefined = `${apiPath(repo)}/tree/main?recursive=true`
  while (next !== undefined) {
    const answer: Response = await hubFetch(next, { cache: 'no-store' })
    if (!answer.ok) throw await HubError.from(answer)
    const entries = (await answer.json()) as { type: string; path: string }[]
    paths.push(...entries.filter(({ type }) => type === 'file').map(({ path }) => path))
    const link: string | undefined = /<([^>]+)>;\s*rel="next"/.exec(answer.headers.get('link') ?? '')?.[1]
    next = link === undefined ? undefined : new URL(link).pathname + new URL(link).search
  }
  return paths
}

type Commit = { changes: Change[]; deleted: string[]; parent: string }

/** One commit, or several where the small files are large together. */
const commitAll = async ({ repo, message }: SendOptions, { changes, deleted, parent }: Commit): Promise<string> => {
  let head = parent
  const parts = partsOf(changes)
  for (const [i, part] of parts.entries()) {
    const summary = parts.length > 1 ? `${message} (part ${i + 1})` : message
    const lines = [line('header', { summary, description: '', parentCommit: head })]
    if (i === parts.length - 1) lines.push(...deleted.map((path) => line('deletedFile', { path })))
    for (const { local, mode } of part) lines.push(await changeLine(local, mode))
    const answer = await hubFetch(`${apiPath(repo)}/commit/main`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: new Blob(lines),
    })
    if (!answer.ok) throw await HubError.from(answer)
    head = ((await answer.json()) as { commitOid: string }).commitOid
  }
  return head
}

const line = (key: string, value: unknown) => `${JSON.stringify({ key, value })}\n`

const changeLine = async ({ path, blob, sha256 }: Local, mode: Change['mode']): Promise<string> =>
  mode === 'lfs'
    ? line('lfsFile', { path, algo: 'sha256', oid: sha256, size: blob.size })
    : line('file', { path, encoding: 'base64', content: await base64(blob) })

const partsOf = (changes: Change[]): Change[][] => {
  const parts: Change[][] = [[]]
  let inline = 0
  for (const change of changes) {
    const size = change.mode === 'regular' ? change.local.blob.size : 0
    if (inline + size > inlineBytes && parts.at(-1)?.length) {
      parts.push([])
      inline = 0
    }
    inline += size
    parts.at(-1)?.push(change)
  }
  return parts
}

/** All files of the commit as the manifest lists them; the hub's own are read and hashed here too. */
const filesOf = async (repo: RepoId.RepoId, locals: Local[], commit: string): Promise<Manifest.File[]> => {
  const own = locals.map(({ path, blob, sha256, cid }) => ({ path, size: blob.size, sha256, cid }))
  const paths = new Set(own.map(({ path }) => path))
  const kept = (await listTree(repo)).filter((path) => !paths.has(path))
  for (const path of kept) {
    Path.assertSafe(path)
    const answer = await hubFetch(`${filePath(repo)}/resolve/${commit}/${path}`)
    if (!answer.ok) throw await HubError.from(answer)
    const bytes = new Uint8Array(await answer.arrayBuffer())
    own.push({ path, size: bytes.length, ...digestBytes(bytes) })
  }
  return own
}
