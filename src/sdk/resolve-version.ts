import { Bytes, Cid, type Hex, Manifest, RepoId, VerificationFailed, type Version } from '../core/index.ts'
import type { Connection } from './Connection.ts'
import { digestBytes } from './digest-bytes.ts'
import * as Ledger from './Ledger.ts'

/** A manifest that the chain vouches for. */
export type Resolved = {
  manifest: Manifest.Manifest
  root: Hex
  /** CID of the manifest's text. */
  cid: string
  chainId: number
  /** Whether it is the newest version on chain. */
  isHead: boolean
}

/**
 * Asks the hub for a version's manifest and checks everything it says: the text against its CID, the files against the
 * root, the name against the request, and root, CID and file count against the chain. Throws `VerificationFailed`.
 */
export async function resolveVersion(connection: Connection, version: Version.Version): Promise<Resolved> {
  const { repo, at } = version
  const answer = (await connection.hub.json(
    `/api/dehug/manifest/${repo.type}/${repo.namespace}/${repo.name}/${encodeURIComponent(selectorText(at))}`,
  )) as { manifest: unknown }
  const text = typeof answer.manifest === 'string' ? answer.manifest : JSON.stringify(answer.manifest)
  const manifest = readManifest(text)
  const { cid } = digestBytes(Bytes.utf8(Manifest.serialize(manifest)))
  const root = manifest.root as Hex
  assertAsked(version, manifest)
  const { chainId, isHead } = await assertAnchored(connection, repo, { root, cid, fileCount: manifest.fileCount, at })
  return { manifest, root, cid, chainId, isHead }
}

/** Asserts that the chain anchors this root with this CID and count, and that it is the head where the head was asked for. */
export async function assertAnchored(
  connection: Connection,
  repo: RepoId.RepoId,
  found: { root: Hex; cid: string; fileCount: number; at?: Version.Selector },
): Promise<{ chainId: number; isHead: boolean }> {
  const { chain, deployment } = await Ledger.open(connection)
  const head = await Ledger.known(chain.head(repo))
  const anchored = head && (await Ledger.known(chain.version(head.modelId, found.root)))
  if (!anchored)
    throw new Ledger.ChainDisagrees(`a version of ${RepoId.key(repo)}`, found.root, 'that it was never published')
  const cid = Cid.toString(Cid.fromBytes(Bytes.fromHex(anchored.manifestCid)))
  if (cid !== found.cid) throw new Ledger.ChainDisagrees('the manifest', found.cid, cid)
  if (Number(anchored.fileCount) !== found.fileCount) {
    throw new Ledger.ChainDisagrees('the number of files', String(found.fileCount), String(anchored.fileCount))
  }
  const isHead = head.root === found.root
  if (found.at?.kind === 'head' && !isHead) {
    throw new Ledger.ChainDisagrees(`the head of ${RepoId.key(repo)}`, found.root, head.root)
  }
  return { chainId: deployment.chainId, isHead }
}

const selectorText = (at: Version.Selector): string => {
  if (at.kind === 'root') return at.root
  if (at.kind === 'commit') return at.oid
  return at.kind === 'tag' ? at.tag : 'head'
}

function readManifest(text: string): Manifest.Manifest {
  try {
    return Manifest.parse(text)
  } catch (cause) {
    throw new VerificationFailed(`The hub served a manifest that does not hold together: ${(cause as Error).message}`, {
      code: 'bad_manifest',
      hint: 'Ask another hub, or report it to the one that served it.',
      cause,
    })
  }
}

function assertAsked({ repo, at }: Version.Version, manifest: Manifest.Manifest): void {
  const wrong =
    manifest.repo !== RepoId.key(repo)
      ? { what: 'repository', asked: RepoId.key(repo), served: manifest.repo }
      : at.kind === 'root' && manifest.root !== at.root
        ? { what: 'root', asked: at.root, served: manifest.root }
        : at.kind === 'commit' && manifest.commit !== at.oid
          ? { what: 'commit', asked: at.oid, served: manifest.commit }
          : undefined
  if (!wrong) return
  throw new VerificationFailed(`Asked for ${wrong.what} ${wrong.asked}; the hub served ${wrong.served}.`, {
    code: 'wrong_version',
    hint: 'Ask another hub.',
  })
}
