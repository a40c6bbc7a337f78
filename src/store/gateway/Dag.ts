import { Cid, NotFound, UnixFs } from '../../core/index.ts'
import type { Store } from '../Store.ts'

export type Block = { cid: Cid.Cid; bytes: Uint8Array }

/** Where a path ends, and what was read on the way there. */
export type Resolved = {
  cid: Cid.Cid
  bytes: Uint8Array
  /** Parsed, for dag-pb. */
  node: UnixFs.Node | undefined
  /** One CID per path segment, the root first. */
  roots: string[]
  /** The blocks read before the last one, in order, shards included. */
  trail: Block[]
}

type Blocks = Pick<Store, 'block'>

const maxSegments = 256

/** Walks a path below a root. Throws {@link NoSuchPath}, or NotStored when a block is missing. */
export async function resolve(blocks: Blocks, root: Cid.Cid, segments: string[]): Promise<Resolved> {
  if (segments.length > maxSegments) throw new NoSuchPath(segments.slice(0, 3).join('/'))
  let at = await read(blocks, root)
  const roots = [Cid.toString(root)]
  const trail: Block[] = []
  for (const [depth, name] of segments.entries()) {
    if (!at.node || at.node.type === 'file') throw new NoSuchPath(segments.slice(0, depth + 1).join('/'))
    const cid = await child(blocks, at, name, trail)
    if (!cid) throw new NoSuchPath(segments.slice(0, depth + 1).join('/'))
    roots.push(cid)
    at = await read(blocks, Cid.parse(cid))
  }
  return { ...at, roots, trail }
}

/** The number of file bytes behind a resolved file or raw block; undefined for a directory. */
export function fileSize({ node, bytes }: Pick<Resolved, 'node' | 'bytes'>): number | undefined {
  if (!node) return bytes.length
  return node.type === 'file' ? node.size : undefined
}

/** The entries of a directory, those of its shards included. */
export async function* entries(blocks: Blocks, node: UnixFs.Node): AsyncGenerator<UnixFs.Entry> {
  if (node.type === 'directory') yield* node.links
  if (node.type !== 'shard') return
  for (const link of node.links) {
    if (link.name.length > 2) yield { ...link, name: link.name.slice(2) }
    else yield* entries(blocks, UnixFs.parseNode(await blocks.block(link.cid)))
  }
}

type Walk = { scope: 'entity' | 'all'; range?: { start: number; end: number } | undefined }

/** The blocks below (and with) one block, depth first. With a range: only those that hold these bytes of a file. */
export async function* walk(blocks: Blocks, at: { cid: Cid.Cid; bytes: Uint8Array }, how: Walk): AsyncGenerator<Block> {
  yield { cid: at.cid, bytes: at.bytes }
  if (at.cid.codec === 'raw') return
  const node = UnixFs.parseNode(at.bytes)
  let from = 0
  for (const link of node.links) {
    const size = 'size' in link ? link.size : 0
    const { range } = how
    const isOutside = range && node.type === 'file' && (from + size <= range.start || from >= range.end)
    const isEntry = node.type === 'directory' || (node.type === 'shard' && 'name' in link && link.name.length > 2)
    if (!isOutside && !(isEntry && how.scope === 'entity')) {
      const below = range && { start: range.start - from, end: range.end - from }
      const cid = Cid.parse(link.cid)
      yield* walk(
        blocks,
        { cid, bytes: await blocks.block(link.cid) },
        { scope: how.scope, range: node.type === 'file' ? below : undefined },
      )
    }
    from += size
  }
}

/** Bytes `start` to `end` (exclusive) of a file, block by block. */
export async function* readFile(
  blocks: Blocks,
  at: { cid: Cid.Cid; bytes: Uint8Array },
  { start, end }: { start: number; end: number },
): AsyncGenerator<Uint8Array> {
  if (at.cid.codec === 'raw') {
    if (start < end) yield at.bytes.subarray(Math.max(0, start), end)
    return
  }
  let from = 0
  for (const link of UnixFs.parseNode(at.bytes).links) {
    const size = 'size' in link ? link.size : 0
    if (from + size > start && from < end) {
      const below = { cid: Cid.parse(link.cid), bytes: await blocks.block(link.cid) }
      yield* readFile(blocks, below, { start: start - from, end: end - from })
    }
    from += size
  }
}

async function read(blocks: Blocks, cid: Cid.Cid): Promise<Pick<Resolved, 'cid' | 'bytes' | 'node'>> {
  const bytes = await blocks.block(Cid.toString(cid))
  return { cid, bytes, node: cid.codec === 'dag-pb' ? UnixFs.parseNode(bytes) : undefined }
}

type At = Pick<Resolved, 'cid' | 'bytes' | 'node'>

async function child(blocks: Blocks, at: At, name: string, trail: Block[]): Promise<string | undefined> {
  trail.push({ cid: at.cid, bytes: at.bytes })
  if (at.node?.type === 'directory') return at.node.links.find((link) => link.name === name)?.cid
  let shard = at.node
  for (const slot of UnixFs.slots(name)) {
    const prefix = UnixFs.slotPrefix(slot)
    const link = (shard?.links as UnixFs.Entry[] | undefined)?.find(
      (one) => one.name === prefix || one.name === prefix + name,
    )
    if (!link || link.name.length > 2) return link?.cid
    const next = await read(blocks, Cid.parse(link.cid))
    trail.push({ cid: next.cid, bytes: next.bytes })
    shard = next.node
  }
  return undefined
}

/** The root is here, but nothing is at this path. */
export class NoSuchPath extends NotFound {
  constructor(path: string) {
    super(`There is nothing at the path ${JSON.stringify(path)} under this CID.`, {
      code: 'no_such_path',
      hint: 'List the directory at the CID to see its names.',
    })
  }
}
