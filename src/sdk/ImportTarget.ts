import { Bytes, Conflict, type Hex, Manifest, RepoId, type Source, type Version } from '../core/index.ts'
import { anchor, headOf } from './anchor.ts'
import { apiPath, type Connection, filePath } from './Connection.ts'
import { digestBytes } from './digest-bytes.ts'
import type { Content } from './fetch-content.ts'
import type { Entry, HubSource } from './HubSource.ts'
import { type Resolved, resolveVersion } from './resolve-version.ts'
import {
  type Change,
  commitAll,
  ensureRepo,
  type Local as LocalFile,
  listTree,
  type SendOptions,
  type TreeEntry,
  uploadLarge,
} from './send-folder.ts'
import type { Known } from './WorkFolder.ts'

/** A file as it is sent, with all that is known about its bytes. */
export type Local = LocalFile & Known

/** The repository that an import writes, and what it has already. */
export type ImportTarget = {
  /** The anchored version that the import follows. */
  head: Resolved | undefined
  /** Whether the present commit has this file. */
  has(entry: Entry, known: Known | undefined): boolean
  /** Whether the repository had these bytes as a large file when it was opened. */
  hasBytes(sha256: string | undefined): boolean
  /** Digests of content that the anchored version vouches for. */
  known(content: Content): Known | undefined
  /** Where and under which message it is committed. */
  sending: Sending
  send(local: Local): Promise<void>
  /** Commits those files that are not there as they should be. */
  commit(files: { entry: Entry; local: Local }[]): Promise<void>
  deleteOthers(wanted: Set<string>): Promise<void>
  commitOid(): string
  sent(): { sentBytes: number; deletedFiles: number }
}

type Sending = SendOptions & { message: string; description: string }

type Options = {
  as: RepoId.RepoId
  source: Pick<HubSource, 'endpoint' | 'repo' | 'commit'>
  signal?: AbortSignal | undefined
}

/** The largest file that a commit takes as a git blob. */
const gitBlobMaxBytes = 10 * 2 ** 20
const trailer = 'Imported-From: '
/** The author of a manifest that nobody signs. */
const nobody: Hex = `0x${'0'.repeat(40)}`

/** Whether it travels beside the commit. What the source keeps as a git blob stays one, so that the trees are the same. */
export const isLarge = ({ sha256, size }: Pick<Entry, 'sha256' | 'size'>): boolean =>
  sha256 !== undefined || size > gitBlobMaxBytes

/** Finds or makes the repository. Throws {@link NotAnImport} where it holds something else. */
export async function open(connection: Connection, options: Options): Promise<ImportTarget> {
  const { as: repo, source } = options
  const head = await anchoredHead(connection, repo)
  if (head && !head.manifest.source) throw new NotAnImport(repo)
  let commit = await ensureRepo(connection, repo)
  const tree = new Map((await listTree(connection, repo)).filter(isFile).map((entry) => [entry.path, entry]))
  if (!head) await assertOurs(connection, repo, tree)
  const vouched = vouchedFor(head, commit, tree)
  const large = new Set([...tree.values()].map(({ lfs }) => lfs?.oid))
  const sent = { sentBytes: 0, deletedFiles: 0 }
  const sending: Sending = {
    repo,
    signal: options.signal,
    message: `Import ${source.repo}@${source.commit.slice(0, 12)}`,
    description: `${trailer}${source.endpoint}\nSource-Repository: ${source.repo}\nSource-Commit: ${source.commit}`,
  }
  const apply = async (changes: Change[], deleted: string[]) => {
    if (changes.length + deleted.length === 0) return
    commit = await commitAll(connection, sending, { changes, deleted, parent: commit })
    for (const { local, mode } of changes) tree.set(local.path, entryOf(local, mode))
    for (const path of deleted) tree.delete(path)
  }
  return {
    head,
    sending,
    has: (entry, known) => isSame(tree.get(entry.path), entry, known),
    hasBytes: (sha256) => sha256 !== undefined && large.has(sha256),
    known: (content) => vouched.get(content.id),
    send: async (local) => {
      sent.sentBytes += await uploadLarge(connection, sending, [{ local, mode: 'lfs' }])
    },
    commit: async (files) => {
      const changed = files.filter(({ entry, local }) => !isSame(tree.get(entry.path), entry, local))
      for (const { entry, local } of changed) if (!isLarge(entry)) sent.sentBytes += local.size
      await apply(
        changed.map(({ entry, local }) => ({ local, mode: isLarge(entry) ? 'lfs' : 'regular' })),
        [],
      )
    },
    deleteOthers: async (wanted) => {
      const deleted = [...tree.keys()].filter((path) => !wanted.has(path))
      sent.deletedFiles = deleted.length
      await apply([], deleted)
    },
    commitOid: () => commit,
    sent: () => ({ ...sent }),
  }
}

const isFile = ({ type }: TreeEntry) => type === 'file'

/** What the source keeps as a git blob and is too large for one here is a large file here. */
function isSame(there: TreeEntry | undefined, wanted: Entry, known: Known | undefined): boolean {
  if (!isLarge(wanted)) return there?.oid === wanted.oid
  const sha256 = wanted.sha256 ?? known?.sha256
  return sha256 !== undefined && there?.lfs?.oid === sha256
}

const entryOf = (local: LocalFile, mode: Change['mode']): TreeEntry => ({
  type: 'file',
  path: local.path,
  size: local.size,
  oid: local.gitOid ?? '',
  ...(mode === 'lfs' ? { lfs: { oid: local.sha256 } } : {}),
})

async function anchoredHead(connection: Connection, repo: RepoId.RepoId): Promise<Resolved | undefined> {
  const facts = await connection.network().catch(() => undefined)
  const onChain = facts && (await headOf(connection, repo))
  if (!onChain) return undefined
  const version: Version.Version = { repo, at: { kind: 'root', root: onChain.root } }
  return resolveVersion(connection, version)
}

/** An anchored version vouches for what its commit holds: content that did not change needs no fetching to be known. */
function vouchedFor(head: Resolved | undefined, commit: string, tree: Map<string, TreeEntry>): Map<string, Known> {
  const known = new Map<string, Known>()
  if (head?.manifest.commit !== commit) return known
  const unsafe = new Set(head.manifest.unsafe)
  for (const { path, size, sha256, cid } of head.manifest.files) {
    const entry = tree.get(path)
    if (!entry) continue
    known.set(entry.lfs?.oid ?? `git:${entry.oid}`, { size, sha256, cid, pickle: unsafe.has(path) })
  }
  return known
}

/** Without a version on chain, the commits tell whether what is there came from an import that was not finished. */
async function assertOurs(connection: Connection, repo: RepoId.RepoId, tree: Map<string, TreeEntry>): Promise<void> {
  if ([...tree.keys()].every((path) => path === '.gitattributes')) return
  const [newest] = (await connection.hub.json(`${apiPath(repo)}/commits/main`, { query: { limit: 1 } })) as {
    message?: string
  }[]
  if (!newest?.message?.includes(trailer)) throw new NotAnImport(repo)
}

export type ManifestOptions = {
  repo: RepoId.RepoId
  locals: Local[]
  facts: Pick<Manifest.Manifest, 'license' | 'baseModels'> & {
    task: string | undefined
    libraryName: string | undefined
  }
  source: Source.Source
  author: Hex | undefined
  now: number
}

/** The manifest of what the target holds now. */
export function manifestOf(target: ImportTarget, options: ManifestOptions): Manifest.Manifest {
  const { locals, facts } = options
  const unsafe = locals.filter(({ pickle }) => pickle).map(({ path }) => path)
  const tensors = mergeTensors(locals, target.head?.manifest)
  const { task, libraryName, ...rest } = facts
  return Manifest.from({
    ...rest,
    ...(task === undefined ? {} : { task }),
    ...(libraryName === undefined ? {} : { libraryName }),
    ...(tensors === undefined ? {} : { tensors }),
    repo: options.repo,
    commit: target.commitOid(),
    parents: target.head ? [target.head.root] : [],
    files: locals.map(({ path, size, sha256, cid }) => ({ path, size, sha256, cid })),
    ...(unsafe.length > 0 ? { unsafe } : {}),
    source: options.source,
    author: options.author ?? nobody,
    createdAt: options.now,
  })
}

export type Published = {
  repo: string
  files: number
  bytes: number
  commit: string
  root: Hex
  cid: string
  tokenId: string
  tx: Hex | null
  minted: boolean
  anchored: boolean
  unsafe: string[]
  url: string
}

/** Signs and anchors the manifest, where that is wanted, and says what there is now. */
export async function publish(
  connection: Connection,
  options: { target: Pick<ImportTarget, 'head'>; manifest: Manifest.Manifest; repo: RepoId.RepoId; anchor: boolean },
): Promise<Published> {
  const { target, manifest, repo } = options
  const root = manifest.root as Hex
  const { cid } = digestBytes(Bytes.utf8(Manifest.serialize(manifest)))
  const known =
    target.head?.root === root
      ? { cid: target.head.cid, tx: null, minted: false }
      : options.anchor
        ? await anchor(connection, { repo, manifest, head: await headOf(connection, repo) })
        : { cid, tx: null, minted: false }
  return {
    repo: manifest.repo,
    files: manifest.fileCount,
    bytes: manifest.files.reduce((sum, { size }) => sum + size, 0),
    commit: manifest.commit,
    root,
    cid: known.cid,
    tokenId: RepoId.modelId(repo).toString(),
    tx: known.tx,
    minted: known.minted,
    anchored: options.anchor || target.head?.root === root,
    unsafe: manifest.unsafe ?? [],
    url: connection.endpoint + filePath(repo),
  }
}

/** Facts of the tensors, where they are known of every file of weights. */
function mergeTensors(locals: Local[], before: Manifest.Manifest | undefined): Manifest.Manifest['tensors'] {
  const weights = locals.filter(({ path }) => path.endsWith('.safetensors'))
  if (weights.some(({ tensors }) => tensors === undefined)) {
    const old = new Set(before?.files.map(({ sha256 }) => sha256))
    return weights.every(({ sha256 }) => old.has(sha256)) ? before?.tensors : undefined
  }
  const config = locals.find(({ path }) => path === 'config.json')?.tensors
  const dtypes: Record<string, number> = {}
  for (const { tensors } of weights) {
    for (const [name, count] of Object.entries(tensors?.dtypes ?? {})) dtypes[name] = (dtypes[name] ?? 0) + count
  }
  const params = Object.values(dtypes).reduce((sum, count) => sum + count, 0)
  return params === 0 && config === undefined ? undefined : { ...config, params, dtypes }
}

/** The repository holds what somebody published; an import would overwrite it. */
export class NotAnImport extends Conflict {
  constructor(repo: RepoId.RepoId) {
    super(`${RepoId.key(repo)} exists and is no import, so nothing is imported over it.`, {
      code: 'not_an_import',
      hint: 'Choose another name with --as namespace/name.',
    })
  }
}
