import { copyFile, link, mkdir, readFile, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Chain } from '../chain/index.ts'
import { Cid, type Hex, Manifest, NotFound, RepoId, VerificationFailed } from '../core/index.ts'
import { digestFile, fetchVerified, type Store } from '../store/index.ts'

/** A version as the chain anchors it and its manifest describes it. */
export type Resolved = {
  repo: string
  modelId: bigint
  versionRoot: Hex
  manifestCid: string
  manifest: Manifest.Manifest
}

export type Artifacts = {
  /** The version that `namespace/name[@root]` means now. Throws `UnknownOnChain` and {@link ManifestMismatch}. */
  resolve(model: string): Promise<Resolved>
  /** Which version that is and the creators' part of its fees, without fetching anything. */
  anchored(model: string): Promise<Anchored>
  /**
   * Fetches what is missing, then checks every byte against the manifest; files that this process has checked are read
   * again only after they were touched. Returns the folder to load from.
   */
  materialise(resolved: Resolved, signal?: AbortSignal): Promise<string>
}

export type Anchored = { repo: string; modelId: bigint; root: Hex; creatorBps: number }

export type ArtifactsOptions = { chain: Chain.Chain; store: Store; modelsDir: string; sources: string[] }

export function open(options: ArtifactsOptions): Artifacts {
  const checked: Checked = new Map()
  return {
    resolve: (model) => resolve(options, model),
    anchored: (model) => anchored(options, model),
    materialise: (resolved, signal) => materialise(options, checked, resolved, signal),
  }
}

/** By path: size, times and inode of a file when its bytes were found to be the manifest's. */
type Checked = Map<string, string>

async function anchored({ chain }: ArtifactsOptions, model: string): Promise<Anchored> {
  const [name, root] = model.split('@') as [string, Hex | undefined]
  const repo = RepoId.key(RepoId.parse(name))
  const head = await chain.head(repo)
  return { repo, modelId: head.modelId, root: root ?? head.root, creatorBps: head.creatorBps }
}

async function resolve(options: ArtifactsOptions, model: string): Promise<Resolved> {
  const { repo, modelId, root } = await anchored(options, model)
  const version = await options.chain.version(modelId, root)
  const manifestCid = Cid.toString(Cid.fromBytes(Buffer.from(version.manifestCid.slice(2), 'hex')))
  const manifest = Manifest.parse(await manifestText(options, manifestCid))
  if (manifest.root !== root) throw new ManifestMismatch(repo, `it says root ${manifest.root}, the chain says ${root}`)
  if (BigInt(manifest.fileCount) !== version.fileCount) {
    throw new ManifestMismatch(repo, `it counts ${manifest.fileCount} files, the chain says ${version.fileCount}`)
  }
  return { repo, modelId, versionRoot: root, manifestCid, manifest }
}

async function fetchMissing({ store, sources }: ArtifactsOptions, cid: string, signal?: AbortSignal): Promise<void> {
  const there = await store.stat(cid).catch((error) => {
    if (error instanceof NotFound) return undefined
    throw error
  })
  if (!there) await fetchVerified(cid, { sources, to: store, signal })
}

/** From the store, or from the sources where the stored copy is damaged. */
async function manifestText(options: ArtifactsOptions, cid: string): Promise<string> {
  await fetchMissing(options, cid)
  const stored = await options.store.path(cid)
  if ((await digestFile(stored)).cid === cid) return readFile(stored, 'utf8')
  const path = join(options.modelsDir, `${cid}.json`)
  await mkdir(options.modelsDir, { recursive: true })
  await fetchVerified(cid, { sources: options.sources, to: path })
  return readFile(path, 'utf8')
}

async function materialise(
  options: ArtifactsOptions,
  checked: Checked,
  { versionRoot, manifest }: Resolved,
  signal?: AbortSignal,
): Promise<string> {
  const dir = join(options.modelsDir, versionRoot.slice(2))
  for (const file of manifest.files) {
    const path = join(dir, file.path)
    const known = checked.get(path)
    if (known !== undefined && known === (await stampOf(path))) continue
    await fetchMissing(options, file.cid, signal)
    // In a store shared with a hub nobody else may know that this file is in use.
    await options.store.pin(file.cid, `served:${versionRoot}`)
    await place(await options.store.path(file.cid), path)
    let stamp = await stampOf(path)
    if (!(await isIntact(manifest, file.path, path))) {
      // The stored copy is damaged: fetch beside the store, so that the engine never sees it.
      await rm(path, { force: true })
      await fetchVerified(file.cid, { sources: options.sources, to: path, signal })
      stamp = await stampOf(path)
      Manifest.assertFile(manifest, { ...(await digestFile(path)), path: file.path })
    }
    // Taken before the bytes were read, so that a write meanwhile shows.
    if (stamp) checked.set(path, stamp)
  }
  return dir
}

/** Changes with every write to a file; undefined where there is none. */
async function stampOf(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined)
  return found && `${found.dev} ${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}`
}

async function isIntact(manifest: Manifest.Manifest, name: string, path: string): Promise<boolean> {
  try {
    Manifest.assertFile(manifest, { ...(await digestFile(path)), path: name })
    return true
  } catch (error) {
    if (error instanceof VerificationFailed) return false
    throw error
  }
}

/** A hard link, so that weights lie on the disk once; a copy where the store is on another file system. */
async function place(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await link(from, to).catch(async (error) => {
    if (error.code === 'EEXIST') return
    if (error.code !== 'EXDEV' && error.code !== 'EPERM') throw error
    await copyFile(from, to)
  })
}

/** The manifest that the sources gave is not the one that was anchored. */
export class ManifestMismatch extends VerificationFailed {
  constructor(repo: string, why: string) {
    super(`The manifest of ${repo} is not what was anchored: ${why}.`, {
      code: 'manifest_mismatch',
      hint: 'The publisher anchored a manifest that contradicts itself; ask for a new version.',
    })
  }
}
