import { createHash, type Hash } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, createDeflate, deflate, deflateSync } from 'node:zlib'
import { Blob, GitObject, Objects, type Repo } from '../../catalog/index.ts'
import { Fault } from '../../core/index.ts'
import type { HubContext } from '../context.ts'
import type { Selection } from './select-objects.ts'

const numbers: Record<GitObject.Kind, number> = { commit: 1, tree: 2, blob: 3, tag: 4 }
const objectsAtOnce = 500
/** Files up to this size are read whole, several at a time; larger ones stream. */
const wholeBytes = 256 * 1024
const filesAtOnce = 16
const syncBytes = 16 * 1024
const level = { level: constants.Z_BEST_SPEED }

/** The objects as a pack. Memory does not grow with its size. Source: git, gitformat-pack(5). */
export async function* write(
  context: HubContext,
  repo: Repo.Repo,
  { commits, tags, trees, blobs }: Selection,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha1')
  const count = commits.length + tags.length + trees.length + blobs.length
  const head = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1')
  head.writeUInt32BE(count, 8)
  yield hashed(hash, head)
  for (const oids of [commits, tags, trees]) {
    for await (const piece of stored(context, repo, oids)) yield hashed(hash, piece)
  }
  for (let at = 0; at < blobs.length; at += objectsAtOnce) {
    for await (const piece of files(context, repo, blobs.slice(at, at + objectsAtOnce))) yield hashed(hash, piece)
  }
  yield hash.digest()
}

const hashed = (hash: Hash, piece: Uint8Array): Uint8Array => {
  hash.update(piece)
  return piece
}

/** Type and size of an object; the size continues in seven bits each. */
const header = (kind: GitObject.Kind, size: number): Uint8Array => {
  const bytes = [(numbers[kind] << 4) | (size & 15)]
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) as number) | 0x80
    bytes.push(rest & 127)
  }
  return Buffer.from(bytes)
}

const packed = async (kind: GitObject.Kind, bytes: Uint8Array): Promise<Uint8Array> => {
  const small = bytes.length <= syncBytes ? deflateSync(bytes, level) : await promisify(deflate)(bytes, level)
  return Buffer.concat([header(kind, bytes.length), small])
}

async function* stored({ catalog }: HubContext, repo: Repo.Repo, oids: string[]): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < oids.length; at += objectsAtOnce) {
    const some = oids.slice(at, at + objectsAtOnce)
    const found = await Objects.read(catalog.db, repo.id, some)
    for (const oid of some) {
      const object = found.get(oid)
      if (!object) throw new Fault(`The object ${oid} is missing.`, { code: 'object_missing' })
      yield await packed(object.kind, object.bytes)
    }
  }
}

async function* files(context: HubContext, repo: Repo.Repo, oids: string[]): AsyncGenerator<Uint8Array> {
  const found = await Blob.byOid(context.catalog.db, repo.id, oids)
  const blobs = oids.map((oid) => {
    const blob = found.get(oid)
    if (!blob) throw new Fault(`The contents of ${oid} are not recorded.`, { code: 'blob_missing' })
    return blob
  })
  for (let at = 0; at < blobs.length; ) {
    const group = smallOnes(blobs, at)
    if (group.length === 0) yield* streamed(context, blobs[at++] as Blob.Blob)
    else yield* await Promise.all(group.map(async (blob) => packed('blob', await contents(context, blob))))
    at += group.length
  }
}

const smallOnes = (blobs: readonly Blob.Blob[], from: number): Blob.Blob[] => {
  let end = from
  while (end < blobs.length && end - from < filesAtOnce && isSmall(blobs[end] as Blob.Blob)) end++
  return blobs.slice(from, end)
}

const isSmall = ({ lfs, size }: Blob.Blob): boolean => lfs || size <= wholeBytes

/** What git holds for a file: its bytes, or the pointer of a large one. */
export const contents = async ({ store }: HubContext, blob: Blob.Blob): Promise<Uint8Array> => {
  if (blob.lfs) return GitObject.lfsPointer(blob.sha256, blob.size)
  const pieces: Uint8Array[] = []
  for await (const piece of await store.open(blob.cid)) pieces.push(piece as Uint8Array)
  return pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces)
}

async function* streamed({ store }: HubContext, blob: Blob.Blob): AsyncGenerator<Uint8Array> {
  yield header('blob', blob.size)
  const source = await store.open(blob.cid)
  const squeezed = source.pipe(createDeflate(level))
  source.once('error', (error) => squeezed.destroy(error))
  try {
    for await (const piece of squeezed) yield piece as Uint8Array
  } finally {
    source.destroy()
  }
}
