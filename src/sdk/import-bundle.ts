import { mkdir, open, rename, rm, stat, statfs } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { DehugError, type Hex, Manifest, RepoId, VerificationFailed, type Version } from '../core/index.ts'
import * as Bundle from './Bundle.ts'
import * as BundleProof from './BundleProof.ts'
import { type Connection, signerOf } from './Connection.ts'
import { digestFile } from './digest-file.ts'
import * as ImportTarget from './ImportTarget.ts'
import * as Pickle from './Pickle.ts'
import { assertFolder, install } from './pull.ts'
import { resolveVersion } from './resolve-version.ts'
import { type Local, sendFolder } from './send-folder.ts'

export type BundleImportOptions = {
  path: string
  /** Where the files go; a folder of the repository's name in the current one by default. */
  folder?: string | undefined
  /** Publish it here too, as an import that nobody claimed. */
  as?: RepoId.RepoId | undefined
  allowPickle?: boolean | undefined
  /** Sign and anchor what is published. Default true. */
  anchor?: boolean | undefined
  onProgress?: ((progress: { doneBytes: number; totalBytes: number }) => void) | undefined
  signal?: AbortSignal | undefined
}

export type BundleVerifyOptions = Pick<BundleImportOptions, 'path' | 'onProgress' | 'signal'> & {
  /** Ask the chain too, whether it has the bundle as this version. */
  version?: Version.Version | undefined
}

export type BundleVerifyResult = BundleFacts & { anchored: boolean; isHead: boolean | null }

export type BundleFacts = {
  repo: string
  root: Hex
  cid: string
  files: number
  bytes: number
  chainId: number
  publisher: string
  checked: BundleProof.Checked
  /** For people: what is certain, and what only the chain can say. */
  proof: string[]
  unsafe: string[]
  /** Where its version was imported from; null for what its author published. */
  source: Manifest.Manifest['source'] | null
}

export type BundleImportResult = BundleFacts & {
  folder: string
  /** What was there already and is right. */
  keptFiles: number
  published: ImportTarget.Published | null
}

/**
 * Unpacks a bundle into a folder that `serve`, `push` and `verify` take. Everything is checked before the folder appears,
 * without asking anybody; what is not sound leaves nothing behind. Cut off, it goes on where it was.
 */
export async function importBundle(connection: Connection, options: BundleImportOptions): Promise<BundleImportResult> {
  if (options.as && options.anchor !== false) signerOf(connection)
  await using bundle = await Bundle.open(options.path, { signal: options.signal })
  const facts = factsOf(bundle)
  if (facts.unsafe.length > 0 && options.allowPickle !== true) throw new Pickle.PickleRefused(facts.unsafe)
  const folder = resolve(options.folder ?? RepoId.parse(bundle.manifest.repo).name)
  await assertFolder(folder)
  const staging = join(dirname(folder), `.${basename(folder)}.dehug-${bundle.root.slice(2, 14)}`)
  const keptFiles = await unpack(bundle, staging, options).catch(async (error: unknown) => {
    if (error instanceof VerificationFailed) await rm(staging, { recursive: true, force: true })
    throw error
  })
  const { manifest, root, cid } = bundle
  const resolved = { manifest, root, cid, chainId: bundle.proof.chainId }
  await install(folder, staging, { resolved, missing: manifest.files, now: connection.now() })
  const published = options.as ? await publish(connection, bundle, { ...options, as: options.as, folder }) : null
  return { ...facts, folder, keptFiles, published }
}

/** Checks a bundle without a network; with `version` also that the chain has it as that version. */
export async function verifyBundle(connection: Connection, options: BundleVerifyOptions): Promise<BundleVerifyResult> {
  await using bundle = await Bundle.open(options.path, { signal: options.signal })
  const facts = factsOf(bundle)
  let doneBytes = 0
  for (const file of bundle.manifest.files) {
    for await (const chunk of bundle.read(file)) {
      options.signal?.throwIfAborted()
      doneBytes += chunk.length
      options.onProgress?.({ doneBytes, totalBytes: facts.bytes })
    }
  }
  const resolved = options.version && (await resolveVersion(connection, options.version))
  if (resolved && (resolved.root !== bundle.root || resolved.cid !== bundle.cid)) {
    throw new OtherVersion(bundle.root, resolved.root)
  }
  const proof = resolved ? BundleProof.describe(bundle.proof, bundle.checked, 'has it') : facts.proof
  return { ...facts, proof, anchored: resolved !== undefined, isHead: resolved?.isHead ?? null }
}

const factsOf = ({ manifest, root, cid, proof, checked }: Bundle.Bundle): BundleFacts => ({
  repo: manifest.repo,
  root,
  cid,
  files: manifest.fileCount,
  bytes: manifest.files.reduce((sum, { size }) => sum + size, 0),
  chainId: proof.chainId,
  publisher: proof.publisher,
  checked,
  proof: BundleProof.describe(proof, checked),
  unsafe: manifest.unsafe ?? [],
  source: manifest.source ?? null,
})

/** Writes each file; those of an earlier try that are right stay. Returns how many did. */
async function unpack(bundle: Bundle.Bundle, staging: string, options: BundleImportOptions): Promise<number> {
  const { files } = bundle.manifest
  const totalBytes = files.reduce((sum, { size }) => sum + size, 0)
  await mkdir(staging, { recursive: true })
  await assertRoom(staging, totalBytes)
  let doneBytes = 0
  let kept = 0
  const advance = (count: number) => {
    options.signal?.throwIfAborted()
    doneBytes += count
    options.onProgress?.({ doneBytes, totalBytes })
  }
  for (const file of files) {
    if (await isThere(join(staging, file.path), file)) {
      kept += 1
      advance(file.size)
    } else await writeFile(bundle, join(staging, file.path), { file, advance })
  }
  return kept
}

/** A small bundle can hold very large files: chunks that repeat are in it once. */
async function assertRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  if (bytes > bavail * bsize) throw new NoRoom(folder, bytes)
}

async function isThere(path: string, file: Manifest.File): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined)
  if (!stats?.isFile() || stats.size !== file.size) return false
  return (await digestFile({ ...file, absolutePath: path, mtimeNs: 0n, inode: 0n })).sha256 === file.sha256
}

async function writeFile(
  bundle: Bundle.Bundle,
  path: string,
  { file, advance }: { file: Manifest.File; advance: (count: number) => void },
): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const out = await open(`${path}.part`, 'w')
  try {
    for await (const chunk of bundle.read(file)) {
      await out.writeFile(chunk)
      advance(chunk.length)
    }
    await out.datasync()
  } finally {
    await out.close()
  }
  await rename(`${path}.part`, path)
}

type Publishing = BundleImportOptions & { as: RepoId.RepoId; folder: string }

async function publish(
  connection: Connection,
  bundle: Bundle.Bundle,
  options: Publishing,
): Promise<ImportTarget.Published> {
  const { manifest, root, cid, proof } = bundle
  const { as, folder } = options
  const source = { endpoint: `bundle of chain ${proof.chainId}`, repo: manifest.repo, commit: manifest.commit }
  const target = await ImportTarget.open(connection, { as, source, signal: options.signal })
  const locals: Local[] = []
  for (const file of manifest.files) {
    const local = { path: file.path, absolutePath: join(folder, file.path), size: file.size, mtimeNs: 0n, inode: 0n }
    locals.push({ ...local, ...(await digestFile(local, { signal: options.signal })) })
  }
  const { sending } = target
  const sent = await sendFolder(connection, { ...sending, folder, locals })
  const now = connection.now()
  const { schema: _, profile: __, root: ___, fileCount: ____, source: _____, ...facts } = manifest
  const imported = Manifest.from({
    ...facts,
    repo: as,
    commit: sent.commit,
    parents: target.head ? [target.head.root] : [],
    files: [...manifest.files, ...sent.kept],
    source: {
      ...{
        kind: 'bundle',
        repo: manifest.repo,
        commit: manifest.commit,
        root,
        manifestCid: cid,
        chainId: proof.chainId,
      },
      ...{ license: manifest.license.id, complete: true, importedAt: now, custodian: true },
    },
    author: connection.signer?.address ?? manifest.author,
    createdAt: now,
  })
  return ImportTarget.publish(connection, { target, manifest: imported, repo: as, anchor: options.anchor !== false })
}

/** The files would not fit. */
export class NoRoom extends DehugError {
  constructor(folder: string, bytes: number) {
    super(`The files of the bundle have ${bytes} bytes, and ${folder} has less room.`, {
      code: 'no_room',
      status: 507,
      hint: 'Free some, or choose another disk with --to.',
    })
  }
}

/** The bundle is sound and is not what was asked for. */
export class OtherVersion extends VerificationFailed {
  constructor(given: string, wanted: string) {
    super(`The bundle holds ${given}; expected ${wanted}.`, {
      code: 'other_version',
      hint: 'Export the version you want.',
    })
  }
}
