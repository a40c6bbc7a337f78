import { lstat, mkdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { Conflict, type Hex, type Manifest, Path, RepoId, type Version } from '../core/index.ts'
import type { Connection } from './Connection.ts'
import { countPull } from './count-pull.ts'
import { digestFile } from './digest-file.ts'
import * as HashCache from './HashCache.ts'
import * as Pickle from './Pickle.ts'
import * as PulledFolder from './PulledFolder.ts'
import { forEach } from './parallel.ts'
import { type Resolved, resolveVersion } from './resolve-version.ts'

export type PullOptions = {
  version: Version.Version
  /** Where the files go; a folder of the repository's name in the current one by default. */
  folder?: string | undefined
  /** More origins that serve `/ipfs/{cid}`; they race with the network's own and are never trusted. */
  sources?: string[] | undefined
  /** Take files that run code when they are loaded. */
  allowPickle?: boolean | undefined
  parallel?: number | undefined
  /** Whether the hub is told, so that it can count the pull (docs/signals.md); true unless said otherwise. */
  count?: boolean | undefined
  onProgress?: ((progress: { doneBytes: number; totalBytes: number }) => void) | undefined
  signal?: AbortSignal | undefined
}

export type PullResult = {
  repo: string
  folder: string
  files: number
  bytes: number
  /** What was there already and is right. */
  keptFiles: number
  downloadedBytes: number
  removedFiles: number
  root: Hex
  cid: string
  commit: string
  chainId: number
  isHead: boolean
  unsafe: string[]
  /** Where it was imported from; null for what its author published. */
  source: Manifest.Manifest['source'] | null
  /** Sources that sent bytes which do not hash to what was asked; none of those bytes are in the folder. */
  liars: string[]
}

/**
 * Fetches one anchored version: the manifest is checked against the chain, every chunk against the manifest while it
 * streams, from several sources at once. The folder changes only when all is there and right; cut off, it goes on
 * where it was. Throws `VerificationFailed` when no source has the right bytes.
 */
export async function pull(connection: Connection, options: PullOptions): Promise<PullResult> {
  const resolved = await resolveVersion(connection, options.version)
  const { manifest } = resolved
  const unsafe = manifest.unsafe ?? []
  if (unsafe.length > 0 && options.allowPickle !== true) throw new Pickle.PickleRefused(unsafe)
  const folder = resolve(options.folder ?? options.version.repo.name)
  await assertFolder(folder)
  const missing = await missingFiles(connection, folder, manifest)
  const staging = join(dirname(folder), `.${basename(folder)}.dehug-${resolved.root.slice(2, 14)}`)
  const { downloadedBytes, liars } = await downloadAll(connection, { ...options, missing, staging })
  const removed = await install(folder, staging, { resolved, missing, now: connection.now() })
  const repo = RepoId.key(options.version.repo)
  const { root, chainId } = resolved
  if (options.count !== false && missing.length > 0) await countPull(connection, { repo, root, chainId })
  return {
    repo,
    folder,
    files: manifest.fileCount,
    bytes: manifest.files.reduce((sum, file) => sum + file.size, 0),
    keptFiles: manifest.files.length - missing.length,
    downloadedBytes,
    removedFiles: removed,
    root,
    cid: resolved.cid,
    commit: manifest.commit,
    chainId,
    isHead: resolved.isHead,
    unsafe,
    source: manifest.source ?? null,
    liars,
  }
}

/** A folder, or nothing yet. Throws {@link InTheWay}. */
export async function assertFolder(folder: string): Promise<void> {
  const found = await lstat(folder).catch(() => undefined)
  if (found && !found.isDirectory()) throw new InTheWay(folder)
}

async function missingFiles(
  connection: Connection,
  folder: string,
  manifest: Manifest.Manifest,
): Promise<Manifest.File[]> {
  const cache =
    connection.cacheDir === undefined
      ? undefined
      : await HashCache.open({ dir: join(connection.cacheDir, 'hashes'), folder, now: connection.now })
  const missing: Manifest.File[] = []
  for (const file of manifest.files) {
    Path.assertSafe(file.path)
    const absolutePath = join(folder, file.path)
    const stats = await lstat(absolutePath, { bigint: true }).catch(() => undefined)
    if (!stats?.isFile() || Number(stats.size) !== file.size) {
      missing.push(file)
      continue
    }
    const local = { path: file.path, absolutePath, size: file.size, mtimeNs: stats.mtimeNs, inode: stats.ino }
    const digests = cache?.get(local) ?? (await digestFile(local))
    await cache?.set(local, digests)
    if (digests.sha256 !== file.sha256) missing.push(file)
  }
  return missing
}

type Download = PullOptions & { missing: Manifest.File[]; staging: string }

async function downloadAll(
  connection: Connection,
  { missing, staging, ...options }: Download,
): Promise<{ downloadedBytes: number; liars: string[] }> {
  const { fetchVerified } = await import('../store/index.ts')
  const { ipfs } = await connection.network()
  const sources = [
    ...new Set([...(options.sources ?? []), ...ipfs.map((url) => url.replace(/\/ipfs\/?$/, '')), connection.endpoint]),
  ]
  const totalBytes = missing.reduce((sum, file) => sum + file.size, 0)
  const doneBy = new Map<string, number>()
  const liars = new Set<string>()
  let doneBytes = 0
  await mkdir(staging, { recursive: true })
  await forEach(missing, options.parallel ?? 4, async (file) => {
    const to = join(staging, file.path)
    await mkdir(dirname(to), { recursive: true })
    const onProgress = (bytes: number) => {
      doneBytes += bytes - (doneBy.get(file.path) ?? 0)
      doneBy.set(file.path, bytes)
      options.onProgress?.({ doneBytes, totalBytes })
    }
    const fetched = await fetchVerified(file.cid, { sources, to, onProgress, signal: options.signal })
    for (const { url, banned } of fetched.sources) if (banned) liars.add(url)
    onProgress(file.size)
  })
  return { downloadedBytes: totalBytes, liars: [...liars] }
}

type Install = {
  resolved: Pick<Resolved, 'manifest' | 'root' | 'cid' | 'chainId'>
  missing: Manifest.File[]
  now: number
}

/** Renames the new files into place, removes those of the version that was there before, and notes what the folder holds. */
export async function install(folder: string, staging: string, { resolved, missing, now }: Install): Promise<number> {
  const { manifest, root, cid, chainId } = resolved
  const note = { repo: manifest.repo, root, cid, chainId, pulledAt: now }
  if (!(await lstat(folder).catch(() => undefined))) {
    await PulledFolder.write(staging, { note, manifest })
    await rename(staging, folder)
    return 0
  }
  const before = await PulledFolder.read(folder).catch(() => undefined)
  for (const file of missing) {
    const to = join(folder, file.path)
    await mkdir(dirname(to), { recursive: true })
    await rename(join(staging, file.path), to)
  }
  const current = new Set(manifest.files.map((file) => file.path))
  const gone = (before?.manifest.files ?? []).filter((file) => !current.has(file.path))
  for (const file of gone) await rm(join(folder, file.path), { force: true })
  await PulledFolder.write(folder, { note, manifest })
  await rm(staging, { recursive: true, force: true })
  return gone.length
}

/** A file stands where the folder should be. */
export class InTheWay extends Conflict {
  constructor(folder: string) {
    super(`${folder} is no folder.`, {
      code: 'in_the_way',
      exitCode: 2,
      hint: 'Move it away, or choose another folder with --to.',
    })
  }
}
