import { createHash } from 'node:crypto'
import { Bytes, Cid, type Hex, Manifest, UnixFs } from '../core/index.ts'
import * as BundleProof from './BundleProof.ts'
import * as CarFile from './CarFile.ts'
import { digestBytes } from './digest-bytes.ts'

/**
 * A version in one file: a CAR whose root is a UnixFS directory (profile `unixfs-v1-2025`) of the manifest's text, the proof,
 * and the folder of the version's files. The same version is the same bytes.
 */
export type Bundle = AsyncDisposable & {
  manifest: Manifest.Manifest
  /** CID of the manifest. */
  cid: string
  root: Hex
  proof: BundleProof.BundleProof
  checked: BundleProof.Checked
  /** The bytes of a file, chunk by chunk, each verified. Throws {@link CarFile.BadCar} when they are not the manifest's. */
  read(file: Manifest.File): AsyncGenerator<Uint8Array>
}

/** Names in the root, in the order a directory keeps them. */
export const names = { manifest: 'dehug.manifest.json', proof: 'dehug.proof.json', files: 'files' } as const

const maxManifestBytes = 80 * 2 ** 20
const maxProofBytes = 2 ** 20

/** What a bundle is made of, before any byte of a file is read. */
export type Plan = { root: string; nodes: Map<string, Uint8Array>; texts: Map<string, Uint8Array> }

/** The directories of a bundle: they follow from the two texts and the files' CIDs and sizes. */
export function planOf(manifestText: string, proofText: string, files: readonly Manifest.File[]): Plan {
  const texts = [manifestText, proofText].map((text) => {
    const bytes = Bytes.utf8(text)
    return { bytes, cid: digestBytes(bytes).cid }
  })
  const [manifest, proof] = texts as [(typeof texts)[0], (typeof texts)[0]]
  const tree = UnixFs.treeDag(files.map(({ path, cid, size }) => ({ path, cid, dagSize: dagSizeOf(size) })))
  const root = UnixFs.directoryDag([
    { name: names.manifest, cid: manifest.cid, dagSize: dagSizeOf(manifest.bytes.length) },
    { name: names.proof, cid: proof.cid, dagSize: dagSizeOf(proof.bytes.length) },
    { name: names.files, cid: tree.root, dagSize: tree.dagSize },
  ])
  return {
    root: root.root,
    nodes: new Map([...tree.nodes, ...root.nodes].map(({ cid, bytes }) => [cid, bytes])),
    texts: new Map(texts.map(({ cid, bytes }) => [cid, bytes])),
  }
}

const dagSizes = new Map<number, number>()
const noDigest = new Uint8Array(32)

/** The size of a file's graph depends on the file's size only. */
function dagSizeOf(size: number): number {
  const chunks = UnixFs.leafCount(size)
  if (chunks === 1) return size
  const known = dagSizes.get(size)
  if (known !== undefined) return known
  const { dagSize } = UnixFs.fileDag(leavesOf(size, () => noDigest))
  dagSizes.set(size, dagSize)
  return dagSize
}

/** The chunks of a file of `size` bytes. */
export const leavesOf = (size: number, digest: (i: number) => Uint8Array): UnixFs.Leaf[] =>
  Array.from({ length: UnixFs.leafCount(size) }, (_, i) => ({
    digest: digest(i),
    size: Math.min(UnixFs.chunkSize, size - i * UnixFs.chunkSize),
  }))

/**
 * Opens a bundle and checks, without a network: every block, manifest and proof, that the folders are those of the manifest,
 * that every file is there whole, and that nothing else is. Reading the files compares their SHA-256 too.
 */
export async function open(path: string, options: CarFile.Options = {}): Promise<Bundle> {
  const car = await CarFile.open(path, options)
  try {
    const links = await linksOf(car)
    const seen = new Set<string>()
    const manifestText = await textOf(car, links.get(names.manifest), maxManifestBytes, seen)
    const proofText = await textOf(car, links.get(names.proof), maxProofBytes, seen)
    const manifest = Manifest.parse(manifestText)
    if (Manifest.serialize(manifest) !== manifestText) throw new CarFile.BadCar('its manifest is not in canonical form')
    const proof = BundleProof.parse(proofText)
    if (BundleProof.serialize(proof) !== proofText) throw new CarFile.BadCar('its proof is not in canonical form')
    const plan = planOf(manifestText, proofText, manifest.files)
    if (plan.root !== Cid.toString(car.root)) throw new CarFile.BadCar('its folders are not those of its manifest')
    for (const cid of [...plan.nodes.keys(), ...plan.texts.keys()]) need(car, cid, seen)
    for (const file of manifest.files) await chunksOf(car, file, seen)
    if (seen.size !== car.blocks) throw new CarFile.BadCar(`${car.blocks - seen.size} blocks belong to nothing in it`)
    const { cid } = digestBytes(Bytes.utf8(manifestText))
    return {
      manifest,
      cid,
      root: manifest.root as Hex,
      proof,
      checked: BundleProof.check(proof, manifest, cid),
      read: (file) => readFile(car, file),
      [Symbol.asyncDispose]: () => car[Symbol.asyncDispose](),
    }
  } catch (error) {
    await car[Symbol.asyncDispose]()
    throw error
  }
}

async function linksOf(car: CarFile.CarFile): Promise<Map<string, UnixFs.Entry>> {
  const node = car.root.codec === 'dag-pb' ? parseNode(await car.block(Cid.toString(car.root))) : undefined
  if (node?.type !== 'directory') throw new CarFile.BadCar('its root is not a folder')
  return new Map(node.links.map((link) => [link.name, link]))
}

function parseNode(bytes: Uint8Array): UnixFs.Node {
  try {
    return UnixFs.parseNode(bytes)
  } catch (cause) {
    throw new CarFile.BadCar((cause as Error).message)
  }
}

function need(car: CarFile.CarFile, cid: string, seen: Set<string>): void {
  const key = car.key(cid)
  if (key === undefined) throw new CarFile.BadCar(`the block ${cid} is missing`)
  seen.add(key)
}

async function textOf(
  car: CarFile.CarFile,
  link: UnixFs.Entry | undefined,
  limit: number,
  seen: Set<string>,
): Promise<string> {
  if (!link) throw new CarFile.BadCar('it has no manifest or no proof')
  const isLeaf = Cid.parse(link.cid).codec === 'raw'
  const node = isLeaf ? undefined : parseNode(await car.block(link.cid))
  const size = node ? (node.type === 'file' ? node.size : limit + 1) : (await car.block(link.cid)).length
  if (size > limit) throw new CarFile.BadCar('its manifest or proof is too large, or no file')
  const pieces: Uint8Array[] = []
  for (const cid of await chunksOf(car, { path: link.name, cid: link.cid, size }, seen))
    pieces.push(await car.block(cid))
  return Buffer.concat(pieces).toString('utf8')
}

type FileRef = Pick<Manifest.File, 'path' | 'cid' | 'size'>

/** The chunks of a file in order, after the graph they make was compared with the file's CID: no graph can pretend. */
async function chunksOf(car: CarFile.CarFile, file: FileRef, seen: Set<string>): Promise<string[]> {
  const count = UnixFs.leafCount(file.size)
  const chunks: string[] = []
  const nodes: string[] = []
  const walk = async (cid: string, depth: number): Promise<void> => {
    need(car, cid, seen)
    if (Cid.parse(cid).codec === 'raw') {
      if (chunks.push(cid) > count) throw new CarFile.BadCar(`"${file.path}" has more chunks than its size says`)
      return
    }
    if (depth > 6 || nodes.push(cid) > 2 * count + 8) throw new CarFile.BadCar(`"${file.path}" is nested too deep`)
    const node = parseNode(await car.block(cid))
    if (node.type !== 'file') throw new CarFile.BadCar(`"${file.path}" is not a file`)
    for (const link of node.links) await walk(link.cid, depth + 1)
  }
  await walk(file.cid, 0)
  const isWhole = chunks.length === count
  const dag = isWhole ? UnixFs.fileDag(leavesOf(file.size, (i) => Cid.parse(chunks[i] as string).digest)) : undefined
  if (dag?.root !== file.cid)
    throw new CarFile.BadCar(`"${file.path}" is not a file of ${file.size} bytes with its CID`)
  return chunks
}

async function* readFile(car: CarFile.CarFile, file: Manifest.File): AsyncGenerator<Uint8Array> {
  const whole = createHash('sha256')
  let size = 0
  for (const cid of await chunksOf(car, file, new Set())) {
    const chunk = await car.block(cid)
    whole.update(chunk)
    size += chunk.length
    yield chunk
  }
  if (size !== file.size || whole.digest('hex') !== file.sha256) {
    throw new CarFile.BadCar(`"${file.path}" does not have the size and SHA-256 of its manifest`)
  }
}
