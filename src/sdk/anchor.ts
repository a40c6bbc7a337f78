import { Bytes, Cid, Domain, type Hex, Manifest, Mint, Publish, RepoId } from '../core/index.ts'
import { apiPath, type Connection, signerOf } from './Connection.ts'
import { digestBytes } from './digest-bytes.ts'
import * as Ledger from './Ledger.ts'
import { signStruct } from './sign-struct.ts'

/** A version on chain. */
export type Anchored = { root: Hex; cid: string; tx: Hex; minted: boolean }

/** The newest anchored version, as the chain knows it. */
export type Head = { root: Hex; cid: string; ownerEpoch: bigint }

/** What the first publish fixes: the model's part of each fee, its division, and the royalty of sales. */
export type MintTerms = Pick<Mint.Mint, 'creatorBps' | 'creatorShareBps' | 'royaltyBps'> &
  Partial<Pick<Mint.Mint, 'creators' | 'shares'>>

const mintDeadlineSeconds = 3600
const defaults = { creatorBps: 2000, creatorShareBps: 5000, royaltyBps: 500 }
/** Whoever imports what others made earns nothing by it. */
const importTerms = { ...defaults, creatorBps: 0, royaltyBps: 0 }

/** The head of a repository on chain; undefined before the first publish. */
export async function headOf(connection: Connection, repo: RepoId.RepoId): Promise<Head | undefined> {
  const { chain } = await Ledger.open(connection)
  const head = await Ledger.known(chain.head(repo))
  if (!head) return undefined
  const { manifestCid } = await chain.version(head.modelId, head.root)
  return { root: head.root, cid: Cid.toString(Cid.fromBytes(Bytes.fromHex(manifestCid))), ownerEpoch: head.ownerEpoch }
}

/**
 * Signs the manifest's root and CID, has the hub's relayer send them, and waits until the chain itself shows the version.
 * Without a head this mints the model NFT to the signer. Throws `ChainDisagrees` when the chain does not show it.
 */
export async function anchor(
  connection: Connection,
  options: {
    repo: RepoId.RepoId
    manifest: Manifest.Manifest
    head: Head | undefined
    creatorBps?: number | undefined
    /** Of the first publish, in place of the usual ones; the shares of `creators` sum to 10,000. */
    terms?: Partial<MintTerms> | undefined
  },
): Promise<Anchored> {
  const { repo, manifest, head } = options
  const text = Manifest.serialize(manifest)
  const { cid } = digestBytes(Bytes.utf8(text))
  const version = {
    repo: RepoId.key(repo),
    manifestCid: Bytes.toHex(Cid.bytes(cid)),
    root: manifest.root as Hex,
    fileCount: BigInt(manifest.fileCount),
  }
  const signed = head
    ? await signPublish(connection, { ...version, parent: head.root, ownerEpoch: head.ownerEpoch })
    : await signMint(
        connection,
        version,
        manifest.source
          ? importTerms
          : { ...defaults, creatorBps: options.creatorBps ?? defaults.creatorBps, ...options.terms },
      )
  const answer = (await connection.hub.json('/api/dehug/anchor', {
    method: 'POST',
    body: { repo: version.repo, manifest: text, ...signed },
  })) as { tx: Hex }
  const now = await headOf(connection, repo)
  if (now?.root !== version.root)
    throw new Ledger.ChainDisagrees(`the head of ${apiPath(repo)}`, version.root, now?.root ?? 'nothing')
  return { root: version.root, cid, tx: answer.tx, minted: !head }
}

type Signed = { mint: Record<string, unknown>; signature: Hex } | { publish: Record<string, unknown>; signature: Hex }
type VersionFields = Pick<Publish.Publish, 'repo' | 'manifestCid' | 'root' | 'fileCount'>

async function signMint(connection: Connection, version: VersionFields, terms: MintTerms): Promise<Signed> {
  const signer = signerOf(connection)
  const mint: Mint.Mint = {
    creators: [signer.address],
    shares: [10_000],
    ...version,
    ...terms,
    owner: signer.address,
    deadline: BigInt(Math.floor(connection.now() / 1000) + mintDeadlineSeconds),
  }
  const signature = await signStruct(signer, await registry(connection), Mint, mint)
  return { mint: Mint.serialize(mint), signature }
}

async function signPublish(connection: Connection, publish: Publish.Publish): Promise<Signed> {
  const signature = await signStruct(signerOf(connection), await registry(connection), Publish, publish)
  return { publish: Publish.serialize(publish), signature }
}

async function registry(connection: Connection): Promise<Domain.Domain> {
  const { deployment } = await Ledger.open(connection)
  return Domain.registry(deployment.chainId, deployment.contracts.ModelRegistry)
}
