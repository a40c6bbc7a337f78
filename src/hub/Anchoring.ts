import { Repo, Tree, Version } from '../catalog/index.ts'
import { BadInput, Bytes, Cid, Conflict, type Hex, Manifest, type Mint, type Publish, RepoId } from '../core/index.ts'
import * as CommitFiles from './CommitFiles.ts'
import type { HubContext } from './context.ts'

const zeroRoot = `0x${'0'.repeat(64)}`

/** The signed message that anchors a version: the first one mints. */
export type Message = { mint: Mint.Mint; publish?: undefined } | { publish: Publish.Publish; mint?: undefined }

/** The root a message is made on: zero for the first version. */
export const parentOf = ({ publish }: Message): string => publish?.parent ?? zeroRoot

/**
 * Asserts that manifest, message and the hub's own commit say the same, file by file, and returns the CID the message names.
 * Throws `BadManifest`, {@link ManifestMismatch} and {@link NotPublic}.
 */
export const check = async (
  context: HubContext,
  repo: Repo.Repo,
  text: string,
  message: Message,
): Promise<{ manifest: Manifest.Manifest; cid: string }> => {
  if (repo.visibility !== 'public' || repo.gated !== null) throw new NotPublic(RepoId.key(Repo.idOf(repo)))
  const manifest = Manifest.parse(text)
  if (Manifest.serialize(manifest) !== text)
    throw new ManifestMismatch('text', 'another form', 'the canonical one (RFC 8785)')
  const key = RepoId.key(Repo.idOf(repo))
  same('repo', manifest.repo, key)
  const signed = message.publish ?? message.mint
  same('signed repo', signed.repo, key)
  same('signed root', signed.root, manifest.root)
  same('signed file count', String(signed.fileCount), String(manifest.fileCount))
  same('first parent', manifest.parents[0] ?? zeroRoot, parentOf(message))
  assertUnclaimed(manifest, message)
  await assertFiles(context, repo, manifest)
  return { manifest, cid: Cid.toString(Cid.fromBytes(Bytes.fromHex(signed.manifestCid))) }
}

/** Whoever imports what others made may not earn by it. */
const assertUnclaimed = ({ source }: Manifest.Manifest, { mint }: Message): void => {
  if (!source || !mint) return
  same('creator part of an import', String(mint.creatorBps), '0')
  same('royalty of an import', String(mint.royaltyBps), '0')
}

const assertFiles = async ({ catalog }: HubContext, repo: Repo.Repo, manifest: Manifest.Manifest): Promise<void> => {
  const commit = await Tree.commitAt(catalog.db, repo.id, manifest.commit)
  if (!commit) throw new ManifestMismatch('commit', manifest.commit, 'a commit of this repository')
  const files = await CommitFiles.of(catalog.db, repo, commit)
  same('number of files', String(manifest.files.length), String(files.length))
  const listed = new Map(manifest.files.map((file) => [file.path, file]))
  for (const file of files) {
    const promised = listed.get(file.path)
    if (!promised) throw new ManifestMismatch(`list of files`, 'nothing', `"${file.path}"`)
    for (const field of ['size', 'sha256', 'cid'] as const) {
      same(`${field} of "${file.path}"`, String(promised[field]), String(file[field]))
    }
  }
}

const same = (what: string, given: string, expected: string): void => {
  if (given !== expected) throw new ManifestMismatch(what, given, expected)
}

/** Asserts that the version follows the head on chain, before gas is spent. Throws {@link HeadMoved}. */
export const assertFollowsHead = (head: Hex | undefined, message: Message): void => {
  const present = head ?? zeroRoot
  if (parentOf(message) !== present) throw new HeadMoved(present)
}

/**
 * Asserts that no version is anchored: those stay readable under their name, so that pinned pulls and audits keep working.
 * `what` is what would have been done to it. Throws {@link IsAnchored}.
 */
export const assertNotAnchored = async (
  { catalog }: HubContext,
  repo: Repo.Repo,
  what: 'deleted' | 'moved' | 'hidden or gated',
): Promise<void> => {
  if (await Version.any(catalog.db, repo.id)) throw new IsAnchored(RepoId.key(Repo.idOf(repo)), what)
}

/** Manifest, signed message and the hub's commit differ. */
export class ManifestMismatch extends BadInput {
  constructor(what: string, given: string, expected: string) {
    super(`The ${what} of the manifest is ${given.slice(0, 200)}; expected ${expected.slice(0, 200)}.`, {
      code: 'manifest_mismatch',
      hint: 'Build the manifest from the commit as it is on the hub, and sign that.',
      exitCode: 3,
      details: { what, given, expected },
    })
  }
}

/** Only public repositories whose files are for everybody are minted and anchored. */
export class NotPublic extends Conflict {
  constructor(repo: string) {
    super(`${repo} is private or gated and cannot be anchored.`, {
      code: 'repo_private',
      hint: 'Make it public and take the gate away first; anchoring shows its files to everybody for ever.',
    })
  }
}

const instead = {
  deleted: 'Deprecate the versions on chain instead.',
  moved:
    "Its name is on chain, where only a Rename signed by the NFT's owner changes it; this hub does not follow one. Fork it under the new name instead.",
  'hidden or gated': 'Deprecate the versions on chain instead; what was public cannot be taken back.',
}

/** Anchored versions cannot be hidden, deleted or called otherwise. */
export class IsAnchored extends Conflict {
  constructor(repo: string, what: keyof typeof instead) {
    super(`${repo} has versions on chain, which stay readable for ever: it cannot be ${what}.`, {
      code: 'repo_anchored',
      hint: instead[what],
    })
  }
}

/** Another version was anchored in between. */
export class HeadMoved extends Conflict {
  constructor(head: string) {
    super('Another version was anchored in between.', {
      code: 'head_moved',
      hint: `Make the version on top of ${head} and sign again.`,
      details: { head },
    })
  }
}
