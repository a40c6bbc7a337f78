import { createHash } from 'node:crypto'
import { type Hex, Manifest, Pickle, RepoId, VerificationFailed } from '../core/index.ts'
import { HubWire } from '../wire/index.ts'
import { type Anchored, anchor, type Head, headOf } from './anchor.ts'
import * as Card from './Card.ts'
import { type Connection, filePath, signerOf } from './Connection.ts'
import { assertLicenseAllowed } from './check-license.ts'
import { withForkEdge } from './fork-edge.ts'
import { PickleRefused } from './Pickle.ts'
import { resolveVersion } from './resolve-version.ts'

export type AnchorHeadOptions = {
  repo: RepoId.RepoId
  /** The commit that the hub's main branch must be at; the newest otherwise. */
  commit?: string | undefined
  /** SPDX id; the card's license otherwise. */
  license?: string | undefined
  /** Publish files that run code when they are loaded, marked as such. */
  allowPickle?: boolean | undefined
  /** Publish although the license of a base model says no. */
  allowLicenseConflict?: boolean | undefined
  /** The model's part of each fee, in parts of 10,000; set at the first version. */
  creatorBps?: number | undefined
}

export type AnchorHeadResult = {
  repo: string
  commit: string
  root: Hex
  /** Null where exactly this version is the head already. */
  tx: Hex | null
  minted: boolean
  /** Paths that differ from the head on chain. */
  added: string[]
  changed: string[]
  deleted: string[]
}

/**
 * Anchors what the hub's main branch holds, such as commits that came by git or huggingface_hub: signs the list of files
 * as the hub gives it, once the branch still is where the caller expects it. Says what differs from the head on chain.
 */
export async function anchorHead(connection: Connection, options: AnchorHeadOptions): Promise<AnchorHeadResult> {
  const { repo } = options
  const facts = await filesOf(connection, repo)
  if (options.commit !== undefined && !facts.commit.startsWith(options.commit)) {
    throw new BranchElsewhere(RepoId.key(repo), options.commit, facts.commit)
  }
  const head = await headOf(connection, repo)
  const before = head && (await resolveVersion(connection, { repo, at: { kind: 'root', root: head.root } })).manifest
  const differences = compare(before?.files ?? [], facts.files)
  const result = { repo: RepoId.key(repo), commit: facts.commit, ...differences }
  if (head && Manifest.rootOf([...facts.files].sort(byPath)) === head.root) {
    return { ...result, root: head.root, tx: null, minted: false }
  }
  const manifest = await manifestOf(connection, options, facts, head)
  // Nobody may have moved the branch while the files were read.
  const now = await filesOf(connection, repo)
  if (now.commit !== facts.commit) throw new BranchElsewhere(RepoId.key(repo), facts.commit, now.commit)
  const anchored: Anchored = await anchor(connection, { repo, manifest, head, creatorBps: options.creatorBps })
  return { ...result, root: anchored.root, tx: anchored.tx, minted: anchored.minted }
}

const byPath = (a: Manifest.File, b: Manifest.File) => (a.path < b.path ? -1 : 1)

const filesOf = async (
  connection: Connection,
  { type, namespace, name }: RepoId.RepoId,
): Promise<HubWire.CommitFiles> =>
  HubWire.CommitFiles.parse(await connection.hub.json(`/api/dehug/files/${type}/${namespace}/${name}/main`))

function compare(before: readonly Manifest.File[], after: readonly Manifest.File[]) {
  const known = new Map(before.map((file) => [file.path, file.sha256]))
  const present = new Set(after.map(({ path }) => path))
  return {
    added: after.filter(({ path }) => !known.has(path)).map(({ path }) => path),
    changed: after
      .filter((file) => known.has(file.path) && known.get(file.path) !== file.sha256)
      .map(({ path }) => path),
    deleted: before.filter(({ path }) => !present.has(path)).map(({ path }) => path),
  }
}

async function manifestOf(
  connection: Connection,
  options: AnchorHeadOptions,
  { commit, files }: HubWire.CommitFiles,
  head: Head | undefined,
): Promise<Manifest.Manifest> {
  const { repo } = options
  const fetchFile = (file: Manifest.File) => bytesOf(connection, repo, commit, file)
  const readme = files.find(({ path }) => path === 'README.md')
  const card = Card.parse(readme ? (await fetchFile(readme)).toString() : '')
  const textSha256 = files.find(({ path }) => /^licen[cs]e(\.(txt|md))?$/i.test(path))?.sha256
  const unsafe: string[] = []
  for (const file of files) if (await isPickle(connection, repo, commit, file)) unsafe.push(file.path)
  if (unsafe.length > 0 && options.allowPickle !== true) throw new PickleRefused(unsafe)
  const license = Card.licenseOf(card, { given: options.license, textSha256 })
  const baseModels = await withForkEdge(connection, repo, card.baseModels)
  if (!options.allowLicenseConflict) await assertLicenseAllowed(connection, { license, baseModels })
  return Manifest.from({
    ...{ repo, commit, files, parents: head ? [head.root] : [], baseModels, license },
    evals: card.evals,
    ...(card.task === undefined ? {} : { task: card.task }),
    ...(card.libraryName === undefined ? {} : { libraryName: card.libraryName }),
    ...(unsafe.length > 0 ? { unsafe } : {}),
    ...{ author: signerOf(connection).address, createdAt: connection.now() },
  })
}

const urlOf = (repo: RepoId.RepoId, commit: string, path: string) =>
  `${filePath(repo)}/resolve/${commit}/${path.split('/').map(encodeURIComponent).join('/')}`

async function bytesOf(
  connection: Connection,
  repo: RepoId.RepoId,
  commit: string,
  file: Manifest.File,
): Promise<Buffer> {
  const answer = await connection.hub.response(urlOf(repo, commit, file.path))
  const bytes = Buffer.from(await answer.arrayBuffer())
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (sha256 === file.sha256) return bytes
  throw new VerificationFailed(`The hub serves other bytes for "${file.path}" than it lists.`, {
    code: 'file_mismatch',
    hint: 'Do not sign this; ask another hub.',
  })
}

async function isPickle(
  connection: Connection,
  repo: RepoId.RepoId,
  commit: string,
  { path, size }: Manifest.File,
): Promise<boolean> {
  const named = Pickle.byName(path)
  if (named !== undefined || size === 0) return named ?? false
  const headers = { range: `bytes=0-${Math.min(size, Pickle.sampleBytes) - 1}` }
  const answer = await connection.hub.response(urlOf(repo, commit, path), { headers })
  return Pickle.detect(path, new Uint8Array(await answer.arrayBuffer()))
}

/** The hub's branch is not at the commit that was to be signed. */
export class BranchElsewhere extends VerificationFailed {
  constructor(repo: string, wanted: string, found: string) {
    super(`The main branch of ${repo} is at ${found}; expected ${wanted}.`, {
      code: 'branch_elsewhere',
      hint: 'Look at what was added, then anchor that commit.',
    })
  }
}
