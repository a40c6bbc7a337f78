import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Hex, Manifest, RepoId } from '../core/index.ts'
import { type Anchored, anchor, headOf } from './anchor.ts'
import * as Card from './Card.ts'
import { type Connection, signerOf } from './Connection.ts'
import { assertLicenseAllowed } from './check-license.ts'
import { digestFile, type FileDigests } from './digest-file.ts'
import * as Folder from './Folder.ts'
import { withForkEdge } from './fork-edge.ts'
import * as HashCache from './HashCache.ts'
import * as Pickle from './Pickle.ts'
import { forEach } from './parallel.ts'
import { type Local, type Sent, sendFolder } from './send-folder.ts'
import * as Tensors from './Tensors.ts'

/** What is going on, for a screen: bytes are totals of the phase. */
export type PushProgress =
  | { phase: 'hash' | 'upload'; doneBytes: number; totalBytes: number }
  | { phase: 'commit' | 'anchor' }

export type PushOptions = {
  folder: string
  /** `ns/name` or `type:ns/name`. */
  repo: RepoId.RepoId
  message?: string | undefined
  /** SPDX id; the card's license otherwise. */
  license?: string | undefined
  /** Publish pickle files, marked as unsafe in the manifest. */
  allowPickle?: boolean | undefined
  /** Publish although the license of a base model says no. */
  allowLicenseConflict?: boolean | undefined
  /** Globs of paths to leave out. */
  exclude?: string[] | undefined
  /** The model's part of each fee, in parts of 10,000; set at the first publish. */
  creatorBps?: number | undefined
  /** Files hashed and sent at the same time. */
  parallel?: number | undefined
  onProgress?: ((progress: PushProgress) => void) | undefined
  signal?: AbortSignal | undefined
}

export type PushResult = {
  repo: string
  files: number
  bytes: number
  uploadedFiles: number
  uploadedBytes: number
  deletedFiles: number
  commit: string
  root: Hex
  /** CID of the manifest. */
  cid: string
  tokenId: string
  /** The transaction that anchored this version; null where exactly this version was anchored before. */
  tx: Hex | null
  minted: boolean
  unsafe: string[]
  url: string
}

/**
 * Publishes a folder: hashes it (only what changed), sends what the hub lacks, commits, signs the manifest and has it
 * anchored on chain (the first time minting the NFT). Sent again it sends nothing; cut off it goes on where it was.
 */
export async function push(connection: Connection, options: PushOptions): Promise<PushResult> {
  const signer = signerOf(connection)
  const files = await Folder.walk(options.folder, options.exclude ? { exclude: options.exclude } : {})
  const locals = await hashAll(connection, files, options)
  const unsafe = refusePickles(locals, options.allowPickle === true)
  const told = await describe(files, locals, options)
  const described = { ...told, baseModels: await withForkEdge(connection, options.repo, told.baseModels) }
  if (!options.allowLicenseConflict) await assertLicenseAllowed(connection, described)
  const sent = await sendFolder(connection, { ...options, locals })
  options.onProgress?.({ phase: 'anchor' })
  const head = await headOf(connection, options.repo)
  const listed = [...locals.map(fileOf), ...sent.kept]
  const same = head && Manifest.rootOf([...listed].sort(byPath)) === head.root ? head : undefined
  const anchored = same
    ? { ...same, minted: false, tx: null }
    : await anchor(connection, {
        repo: options.repo,
        head,
        creatorBps: options.creatorBps,
        manifest: Manifest.from({
          ...described,
          repo: options.repo,
          commit: sent.commit,
          parents: head ? [head.root] : [],
          files: listed,
          ...(unsafe.length > 0 ? { unsafe } : {}),
          author: signer.address,
          createdAt: connection.now(),
        }),
      })
  return resultOf(connection, options.repo, { locals, sent, anchored, unsafe })
}

async function hashAll(connection: Connection, files: Folder.FolderFile[], options: PushOptions): Promise<Local[]> {
  const { folder, signal } = options
  const cache =
    connection.cacheDir === undefined
      ? undefined
      : await HashCache.open({ dir: join(connection.cacheDir, 'hashes'), folder, now: connection.now })
  const totalBytes = files.reduce((sum, file) => sum + file.size, 0)
  let doneBytes = 0
  const advance = (count: number) => {
    doneBytes += count
    options.onProgress?.({ phase: 'hash', doneBytes, totalBytes })
  }
  const byFile = new Map<Folder.FolderFile, FileDigests>()
  await forEach(files, options.parallel ?? 4, async (file) => {
    const known = cache?.get(file)
    if (known) advance(file.size)
    const digests = known ?? (await digestFile(file, { signal, onBytes: advance }))
    if (!known) await cache?.set(file, digests)
    byFile.set(file, digests)
  })
  return files.map((file) => ({ ...file, ...(byFile.get(file) as FileDigests) }))
}

function refusePickles(locals: Local[], allowed: boolean): string[] {
  const unsafe = locals.filter((file) => file.pickle).map((file) => file.path)
  if (unsafe.length > 0 && !allowed) throw new Pickle.PickleRefused(unsafe)
  return unsafe
}

/** The part of the manifest that the author's own files tell. */
async function describe(files: Folder.FolderFile[], locals: Local[], options: PushOptions) {
  const readme = files.find((file) => file.path === 'README.md')
  const card = Card.parse(readme ? await readFile(readme.absolutePath, 'utf8') : '')
  const text = locals.find((file) => /^licen[cs]e(\.(txt|md))?$/i.test(file.path))
  const tensors = await Tensors.of(files)
  return {
    license: Card.licenseOf(card, { given: options.license, textSha256: text?.sha256 }),
    baseModels: card.baseModels,
    evals: card.evals,
    ...(card.task === undefined ? {} : { task: card.task }),
    ...(card.libraryName === undefined ? {} : { libraryName: card.libraryName }),
    ...(tensors === undefined ? {} : { tensors }),
  }
}

const fileOf = ({ path, size, sha256, cid }: Local): Manifest.File => ({ path, size, sha256, cid })
const byPath = (a: Manifest.File, b: Manifest.File) => (a.path < b.path ? -1 : 1)

type Done = { locals: Local[]; sent: Sent; anchored: Omit<Anchored, 'tx'> & { tx: Hex | null }; unsafe: string[] }

function resultOf(connection: Connection, repo: RepoId.RepoId, done: Done): PushResult {
  const { locals, sent, anchored, unsafe } = done
  return {
    repo: RepoId.key(repo),
    files: locals.length + sent.kept.length,
    bytes: [...locals, ...sent.kept].reduce((sum, file) => sum + file.size, 0),
    uploadedFiles: sent.uploadedFiles,
    uploadedBytes: sent.uploadedBytes,
    deletedFiles: sent.deletedFiles,
    commit: sent.commit,
    root: anchored.root,
    cid: anchored.cid,
    tokenId: RepoId.modelId(repo).toString(),
    tx: anchored.tx,
    minted: anchored.minted,
    unsafe,
    url: `${connection.endpoint}/${repo.type === 'model' ? '' : `${repo.type}s/`}${RepoId.format(repo)}`,
  }
}
