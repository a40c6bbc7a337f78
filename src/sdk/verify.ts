import { join } from 'node:path'
import { type Hex, Manifest, RepoId, VerificationFailed, type Version } from '../core/index.ts'
import { apiPath, type Connection } from './Connection.ts'
import { digestBytes } from './digest-bytes.ts'
import { digestFile } from './digest-file.ts'
import * as Folder from './Folder.ts'
import * as PulledFolder from './PulledFolder.ts'
import { assertAnchored, resolveVersion } from './resolve-version.ts'

export type VerifyOptions = {
  folder: string
  /** The version to compare with; by default the one the folder says it holds. */
  version?: Version.Version | undefined
  /** Ask no server and no chain: only whether the files are those of the manifest in the folder. */
  offline?: boolean | undefined
  onProgress?: ((progress: { doneBytes: number; totalBytes: number }) => void) | undefined
  signal?: AbortSignal | undefined
}

export type VerifyResult = {
  repo: string
  root: Hex
  files: number
  bytes: number
  /** Whether the chain was asked and anchors this root; false under `offline`. */
  anchored: boolean
  isHead: boolean | null
  /** Whether the hub signed it in its owner's name, and not the owner. */
  delegated: boolean
  /** The commit on the hub's main branch where nobody signed that one; null where the head on chain is all there is. */
  unanchored: string | null
  /** Files of the folder that the version does not have; they are not vouched for. */
  extra: string[]
}

/**
 * Reads every file of a folder and compares it with a published version, and the version with the chain.
 * Throws `FolderDiffers` (exit code 3), or what the chain contradicts.
 */
export async function verify(connection: Connection, options: VerifyOptions): Promise<VerifyResult> {
  const { manifest, root, isHead } = await expected(connection, options)
  const found = new Map((await Folder.walk(options.folder)).map((file) => [file.path, file]))
  const totalBytes = manifest.files.reduce((sum, file) => sum + file.size, 0)
  const differences: Difference[] = []
  let doneBytes = 0
  for (const file of manifest.files) {
    const local = found.get(file.path)
    found.delete(file.path)
    const difference = await compare(file, local, options.signal)
    if (difference) differences.push(difference)
    doneBytes += file.size
    options.onProgress?.({ doneBytes, totalBytes })
  }
  if (differences.length > 0) throw new FolderDiffers(options.folder, manifest.repo, differences)
  return {
    repo: manifest.repo,
    root,
    files: manifest.fileCount,
    bytes: totalBytes,
    anchored: isHead !== null,
    isHead,
    delegated: manifest.delegated === true,
    unanchored: isHead === null ? null : await unanchoredHead(connection, manifest),
    extra: [...found.keys()],
  }
}

/** The hub's word, and only a warning: what it says of its own branch proves nothing. */
async function unanchoredHead(connection: Connection, { repo }: Manifest.Manifest): Promise<string | null> {
  const info = await connection.hub.json(apiPath(RepoId.parse(repo))).catch(() => undefined)
  const { sha, dehug } = (info ?? {}) as { sha?: unknown; dehug?: { anchored?: unknown } }
  return typeof sha === 'string' && sha !== '' && dehug?.anchored === false ? sha : null
}

type Expected = { manifest: Manifest.Manifest; root: Hex; isHead: boolean | null }

async function expected(connection: Connection, options: VerifyOptions): Promise<Expected> {
  if (options.version) return resolveVersion(connection, options.version)
  const pulled = await PulledFolder.read(options.folder)
  if (!pulled) throw new PulledFolder.NotPulled(options.folder)
  const { manifest, note } = pulled
  const root = manifest.root as Hex
  if (root !== note.root)
    throw new FolderDiffers(options.folder, manifest.repo, [
      { path: join(PulledFolder.notesDir, 'manifest.json'), why: 'changed' },
    ])
  if (options.offline) return { manifest, root, isHead: null }
  const { cid } = digestBytes(new TextEncoder().encode(Manifest.serialize(manifest)))
  const { isHead } = await assertAnchored(connection, RepoId.parse(manifest.repo), {
    root,
    cid,
    fileCount: manifest.fileCount,
  })
  return { manifest, root, isHead }
}

type Difference = { path: string; why: 'missing' | 'size' | 'changed' }

async function compare(
  file: Manifest.File,
  local: Folder.FolderFile | undefined,
  signal: AbortSignal | undefined,
): Promise<Difference | undefined> {
  if (!local) return { path: file.path, why: 'missing' }
  if (local.size !== file.size) return { path: file.path, why: 'size' }
  const digests = await digestFile(local, { signal })
  return digests.sha256 === file.sha256 && digests.cid === file.cid ? undefined : { path: file.path, why: 'changed' }
}

const words = { missing: 'is missing', size: 'has another size', changed: 'has other bytes' }

/** A folder does not hold what was published. */
export class FolderDiffers extends VerificationFailed {
  constructor(folder: string, repo: string, differences: Difference[]) {
    const shown = differences.slice(0, 5).map(({ path, why }) => `${path} ${words[why]}`)
    const more = differences.length > 5 ? `, and ${differences.length - 5} more` : ''
    super(`${folder} is not ${repo} as it was published: ${shown.join(', ')}${more}.`, {
      code: 'folder_differs',
      hint: 'Pull it again; files that are right are kept.',
      details: { differences },
    })
  }
}
