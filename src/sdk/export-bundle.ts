import { createHash } from 'node:crypto'
import { open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { Cid, type Hex, Manifest, RepoId, UnixFs, type Version } from '../core/index.ts'
import * as Bundle from './Bundle.ts'
import * as BundleProof from './BundleProof.ts'
import type { Connection } from './Connection.ts'
import { FileChanged } from './digest-file.ts'
import * as Ledger from './Ledger.ts'
import { pull } from './pull.ts'
import { resolveVersion } from './resolve-version.ts'

export type ExportOptions = {
  version: Version.Version
  /** The file to write. */
  to: string
  /** More origins that serve `/ipfs/{cid}`. */
  sources?: string[] | undefined
  onProgress?: ((progress: { phase: 'pull' | 'write'; doneBytes: number; totalBytes: number }) => void) | undefined
  signal?: AbortSignal | undefined
}

export type ExportResult = {
  repo: string
  root: Hex
  cid: string
  file: string
  files: number
  bytes: number
  /** Of the bundle itself. */
  bundleBytes: number
  bundleSha256: string
  chainId: number
  /** What can be checked about the publisher where there is no network. */
  checked: BundleProof.Checked
}

/**
 * Writes one anchored version with its manifest and the proof of its anchoring into a CAR. The same version gives the same
 * bytes everywhere. Cut off, it fetches nothing again; the file is there whole or not at all.
 */
export async function exportBundle(connection: Connection, options: ExportOptions): Promise<ExportResult> {
  const { manifest, root, cid } = await resolveVersion(connection, options.version)
  const proof = await proofOf(connection, options.version, root)
  const checked = BundleProof.check(proof, manifest, cid)
  const to = resolve(options.to)
  const staging = join(dirname(to), `.${basename(to)}.dehug-${root.slice(2, 14)}`)
  await pull(connection, {
    version: { repo: options.version.repo, at: { kind: 'root', root } },
    folder: staging,
    sources: options.sources,
    allowPickle: true,
    signal: options.signal,
    onProgress: (progress) => options.onProgress?.({ phase: 'pull', ...progress }),
  })
  const bundleSha256 = await write(to, staging, { manifest, proof, options })
  await rm(staging, { recursive: true, force: true })
  return {
    repo: manifest.repo,
    root,
    cid,
    file: to,
    files: manifest.fileCount,
    bytes: manifest.files.reduce((sum, { size }) => sum + size, 0),
    bundleBytes: (await stat(to)).size,
    bundleSha256,
    chainId: proof.chainId,
    checked,
  }
}

async function proofOf(connection: Connection, { repo }: Version.Version, root: Hex): Promise<BundleProof.BundleProof> {
  const { AnchorRecord } = await import('../chain/index.ts')
  const { chain, deployment } = await Ledger.open(connection)
  const modelId = await chain.resolve(repo)
  const record = modelId === undefined ? undefined : await AnchorRecord.find(chain, modelId, root)
  if (!record) throw new Ledger.ChainDisagrees(`a version of ${RepoId.key(repo)}`, root, 'that it was never published')
  return BundleProof.from(deployment.chainId, deployment.contracts.ModelRegistry, record)
}

type Writing = { manifest: Manifest.Manifest; proof: BundleProof.BundleProof; options: ExportOptions }

/** Through a file beside it, which is renamed when it is whole and on disk. Returns its SHA-256. */
async function write(to: string, folder: string, { manifest, proof, options }: Writing): Promise<string> {
  const { carOf } = await import('../store/index.ts')
  const plan = Bundle.planOf(Manifest.serialize(manifest), BundleProof.serialize(proof), manifest.files)
  const totalBytes = manifest.files.reduce((sum, { size }) => sum + size, 0)
  let doneBytes = 0
  const onChunk = (bytes: number) => {
    doneBytes += bytes
    options.onProgress?.({ phase: 'write', doneBytes, totalBytes })
  }
  const hash = createHash('sha256')
  const part = `${to}.part`
  const file = await open(part, 'w')
  try {
    const car = carOf(Cid.parse(plan.root), blocksOf(plan, manifest.files, { folder, onChunk }), { dups: false })
    for await (const bytes of car) {
      options.signal?.throwIfAborted()
      hash.update(bytes)
      await file.writeFile(bytes)
    }
    await file.datasync()
  } catch (error) {
    await rm(part, { force: true })
    throw error
  } finally {
    await file.close()
  }
  await rename(part, to)
  return hash.digest('hex')
}

type Block = { cid: Cid.Cid; bytes: Uint8Array }
type From = { folder: string; onChunk: (bytes: number) => void }

/** Depth first from the root, as gateways send them. */
async function* blocksOf(plan: Bundle.Plan, files: readonly Manifest.File[], from: From): AsyncGenerator<Block> {
  const byCid = new Map(files.map((file) => [file.cid, file]))
  const written = new Set<string>()
  const walk = async function* (cid: string): AsyncGenerator<Block> {
    if (written.has(cid)) return
    written.add(cid)
    const node = plan.nodes.get(cid)
    const text = plan.texts.get(cid)
    const file = byCid.get(cid)
    if (node) {
      yield { cid: Cid.parse(cid), bytes: node }
      for (const link of UnixFs.parseNode(node).links) yield* walk(link.cid)
    } else if (text) {
      const whole = { path: cid, cid, size: text.length }
      yield* fileBlocks(whole, async (at, length) => text.subarray(at, at + length))
    } else if (file) yield* diskBlocks(file, from)
  }
  yield* walk(plan.root)
}

async function* diskBlocks(file: Manifest.File, { folder, onChunk }: From): AsyncGenerator<Block> {
  const absolutePath = join(folder, file.path)
  const handle = await open(absolutePath)
  try {
    const blocks = fileBlocks(file, async (at, length) => {
      const bytes = Buffer.allocUnsafe(length)
      const { bytesRead } = await handle.read(bytes, 0, length, at)
      if (bytesRead !== length) throw new FileChanged(file.path)
      return bytes
    })
    for await (const block of blocks) {
      yield block
      if (block.cid.codec === 'raw') onChunk(block.bytes.length)
    }
  } finally {
    await handle.close()
  }
}

/** The nodes and chunks of one file. Its chunks are read twice: for the graph, which comes first, and to be written. */
async function* fileBlocks(
  { path, cid, size }: Pick<Manifest.File, 'path' | 'cid' | 'size'>,
  read: (at: number, length: number) => Promise<Uint8Array>,
): AsyncGenerator<Block> {
  const chunk = (i: number) => read(i * UnixFs.chunkSize, Math.min(UnixFs.chunkSize, size - i * UnixFs.chunkSize))
  const digests: Uint8Array[] = []
  for (let i = 0; i < UnixFs.leafCount(size); i += 1) {
    digests.push(
      createHash('sha256')
        .update(await chunk(i))
        .digest(),
    )
  }
  const dag = UnixFs.fileDag(Bundle.leavesOf(size, (i) => digests[i] as Uint8Array))
  if (dag.root !== cid) throw new FileChanged(path)
  const nodes = new Map(dag.nodes.map((node) => [node.cid, node.bytes]))
  let next = 0
  const walk = async function* (at: string): AsyncGenerator<Block> {
    const node = nodes.get(at)
    yield { cid: Cid.parse(at), bytes: node ?? (await chunk(next++)) }
    if (node) for (const link of UnixFs.parseNode(node).links) yield* walk(link.cid)
  }
  yield* walk(dag.root)
}
