import { decode, encode, prepare } from '@ipld/dag-pb'
import { sha256 } from '@noble/hashes/sha2.js'
import { UnixFS } from 'ipfs-unixfs'
import { CID } from 'multiformats/cid'
import * as Cid from './Cid.ts'
import { BadInput } from './errors.ts'
import * as Hamt from './Hamt.ts'
import * as UnixFsData from './UnixFsData.ts'

/** The profile every CID of this network is made with. Source: https://specs.ipfs.tech/ipips/ipip-0499 */
export const profile = 'unixfs-v1-2025'

/** Bytes of one chunk; only the last of a file may be shorter. */
export const chunkSize = 1 << 20

/** Links of one file node. */
export const maxLinks = 1024

/** A directory whose node would be larger than this many bytes is sharded. */
export const shardThreshold = 256 * 1024

/** One chunk of a file: SHA-256 digest and size in bytes. */
export type Leaf = { digest: Uint8Array; size: number }

/** One dag-pb block. `cid` is the canonical text. */
export type Block = { cid: string; bytes: Uint8Array }

/** A built graph: its root, its dag-pb blocks (children before parents), and its cumulative size in bytes. */
export type Dag = { root: string; nodes: Block[]; dagSize: number }

/** A named child of a directory; `dagSize` is the cumulative size that {@link fileDag} and {@link directoryDag} return. */
export type Entry = { name: string; cid: string; dagSize: number }

/** A decoded dag-pb block. `size` of a link is the number of file bytes behind it (files only). */
export type Node =
  | { type: 'file'; size: number; links: { cid: string; size: number; dagSize: number }[] }
  | { type: 'directory' | 'shard'; links: Entry[] }

type Child = { cid: CID; dagSize: number; size: number }

/**
 * The graph of a file from the digests of its chunks, in order: balanced, {@link maxLinks} wide, raw leaves.
 *
 * @example
 * UnixFs.fileDag([{ digest: sha256(utf8('hello world')), size: 11 }]).root // 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'
 */
export function fileDag(leaves: Iterable<Leaf>): Dag {
  const nodes: Block[] = []
  let level = Array.from(leaves, leafChild)
  if (level.length === 0) level = [leafChild({ digest: sha256(new Uint8Array()), size: 0 })]
  while (level.length > 1) {
    const parents: Child[] = []
    for (let at = 0; at < level.length; at += maxLinks) parents.push(fileNode(level.slice(at, at + maxLinks), nodes))
    level = parents
  }
  return { root: level[0]!.cid.toString(), nodes, dagSize: level[0]!.dagSize }
}

/**
 * The graph of one directory. Names are taken as they are and must differ; the entries' order does not matter.
 * Larger ones become a trie of shards, as the profile says. Throws {@link InvalidDirectory}.
 */
export function directoryDag(entries: Iterable<Entry>): Dag {
  const sorted = assertEntries([...entries])
  const nodes: Block[] = []
  const estimate = sorted.reduce((sum, entry) => sum + entry.name.length + 44, 0)
  if (estimate <= shardThreshold * 2) {
    const bytes = encodeNode({ type: 'directory' }, sorted)
    if (bytes.length <= shardThreshold) return dagOf(bytes, sorted, nodes)
  }
  const shard = shardNode(
    sorted.map((entry) => ({ entry, slots: Hamt.slots(entry.name) })),
    0,
    nodes,
  )
  return { root: shard.cid, nodes, dagSize: shard.dagSize }
}

/**
 * The graph of a folder: files by `/`-separated path, each with the CID and size that {@link fileDag} gave.
 * Throws {@link InvalidDirectory} when a path is also a folder of another.
 */
export function treeDag(files: Iterable<{ path: string; cid: string; dagSize: number }>): Dag {
  const nodes: Block[] = []
  const root = buildTree(
    [...files].map((file) => ({ parts: file.path.split('/'), file })),
    nodes,
  )
  return { root: root.cid, nodes, dagSize: root.dagSize }
}

/** The slot numbers that lead to a name in a sharded directory, root first; link names start with {@link slotPrefix}. */
export function slots(name: string): Uint8Array {
  return Hamt.slots(name)
}

/** The two hex digits that the links of one slot start with. */
export function slotPrefix(slot: number): string {
  return Hamt.prefix(slot)
}

/** Decodes one dag-pb block. Throws {@link InvalidNode} when it is not a UnixFS file or directory of the profile. */
export function parseNode(bytes: Uint8Array): Node {
  const { links, data } = decodeNode(bytes)
  if (data.type === 'file') return fileView(links, data)
  if (data.type === 'directory') return { type: 'directory', links }
  if (data.type === 'hamt-sharded-directory') {
    if (data.fanout !== BigInt(Hamt.fanout)) throw new InvalidNode(`a shard with fanout ${data.fanout} instead of 256`)
    if (links.some((link) => !/^[0-9A-F]{2}/.test(link.name))) throw new InvalidNode('a shard link without its slot')
    return { type: 'shard', links }
  }
  throw new InvalidNode(`a UnixFS ${data.type}`)
}

/** The number of chunks of a file of `size` bytes; an empty file has one empty chunk. */
export function leafCount(size: number): number {
  return Math.max(1, Math.ceil(size / chunkSize))
}

function leafChild(leaf: Leaf): Child {
  return { cid: cidOf(Cid.ofRaw(leaf.digest)), dagSize: leaf.size, size: leaf.size }
}

function fileNode(children: Child[], nodes: Block[]): Child {
  const bytes = encode({
    Data: UnixFsData.encode({ type: 'file', blockSizes: children.map((child) => child.size) }),
    Links: children.map((child) => ({ Name: '', Tsize: child.dagSize, Hash: child.cid })),
  })
  const cid = cidOf(Cid.ofDagPb(sha256(bytes)))
  nodes.push({ cid: cid.toString(), bytes })
  const sum = (pick: (child: Child) => number) => children.reduce((total, child) => total + pick(child), 0)
  return { cid, dagSize: bytes.length + sum((child) => child.dagSize), size: sum((child) => child.size) }
}

function encodeNode(data: UnixFsData.UnixFsData, entries: Entry[]): Uint8Array {
  const Links = entries.map((entry) => ({ Name: entry.name, Tsize: entry.dagSize, Hash: cidOf(Cid.parse(entry.cid)) }))
  return encode(prepare({ Data: UnixFsData.encode(data), Links }))
}

function dagOf(bytes: Uint8Array, entries: Entry[], nodes: Block[]): Dag {
  const root = Cid.toString(Cid.ofDagPb(sha256(bytes)))
  nodes.push({ cid: root, bytes })
  return { root, nodes, dagSize: entries.reduce((sum, entry) => sum + entry.dagSize, bytes.length) }
}

type Placed = { entry: Entry; slots: Uint8Array }

function shardNode(placed: Placed[], depth: number, nodes: Block[]): Entry {
  if (depth === 8) throw new InvalidDirectory('Two names of one directory have the same 64-bit hash.')
  const bySlot = groupBy(placed, (item) => item.slots[depth]!)
  const links: Entry[] = []
  for (const slot of [...bySlot.keys()].sort((a, b) => a - b)) {
    const items = bySlot.get(slot)!
    const prefix = Hamt.prefix(slot)
    if (items.length === 1) links.push({ ...items[0]!.entry, name: prefix + items[0]!.entry.name })
    else links.push({ ...shardNode(items, depth + 1, nodes), name: prefix })
  }
  const data: UnixFsData.UnixFsData = {
    type: 'shard',
    bitField: Hamt.bitField(bySlot.keys()),
    ...{ hashType: Hamt.hashCode, fanout: Hamt.fanout },
  }
  const { root, dagSize } = dagOf(encodeNode(data, links), links, nodes)
  return { name: '', cid: root, dagSize }
}

type Part = { parts: string[]; file: { cid: string; dagSize: number } }

function buildTree(files: Part[], nodes: Block[]): Entry {
  const byName = groupBy(files, (item) => item.parts[0]!)
  const entries = [...byName].map(([name, items]): Entry => {
    const [first] = items
    if (items.length === 1 && first!.parts.length === 1)
      return { name, cid: first!.file.cid, dagSize: first!.file.dagSize }
    if (items.some((item) => item.parts.length === 1)) {
      throw new InvalidDirectory(`${JSON.stringify(name)} is given twice in one directory.`)
    }
    return {
      ...buildTree(
        items.map((item) => ({ ...item, parts: item.parts.slice(1) })),
        nodes,
      ),
      name,
    }
  })
  const dag = directoryDag(entries)
  nodes.push(...dag.nodes)
  return { name: '', cid: dag.root, dagSize: dag.dagSize }
}

function assertEntries(entries: Entry[]): Entry[] {
  const names = new Set<string>()
  for (const { name } of entries) {
    if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
      throw new InvalidDirectory(`${JSON.stringify(name)} cannot name a file in a directory.`)
    }
    if (names.has(name)) throw new InvalidDirectory(`${JSON.stringify(name)} is given twice in one directory.`)
    names.add(name)
  }
  return entries
}

function decodeNode(bytes: Uint8Array): { links: Entry[]; data: UnixFS } {
  try {
    const node = decode(bytes)
    if (!node.Data) throw new Error('no UnixFS data')
    const links = node.Links.map((link) => {
      const { multihash, code } = link.Hash
      if (multihash.code !== 0x12 || (code !== 0x55 && code !== 0x70))
        throw new Error('a link with another hash or codec')
      const cid = Cid.toString(code === 0x55 ? Cid.ofRaw(multihash.digest) : Cid.ofDagPb(multihash.digest))
      return { name: link.Name ?? '', cid, dagSize: link.Tsize ?? 0 }
    })
    return { links, data: UnixFS.unmarshal(node.Data) }
  } catch (cause) {
    throw new InvalidNode(cause instanceof Error ? cause.message : 'undecodable bytes', cause)
  }
}

function fileView(links: Entry[], data: UnixFS): Node {
  if (data.blockSizes.length !== links.length)
    throw new InvalidNode('a file node whose sizes and links differ in number')
  if (data.data && data.data.length > 0) throw new InvalidNode('a file node with bytes of its own')
  const size = Number(data.fileSize())
  if (!Number.isSafeInteger(size)) throw new InvalidNode('a file of more than 2^53 bytes')
  const sized = links.map((link, i) => ({ cid: link.cid, dagSize: link.dagSize, size: Number(data.blockSizes[i]) }))
  return { type: 'file', size, links: sized }
}

function groupBy<K, T>(items: T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}

function cidOf(cid: Cid.Cid): CID {
  return CID.decode(Cid.bytes(cid)) as CID
}

/** A directory cannot be built from these entries. */
export class InvalidDirectory extends BadInput {
  constructor(message: string) {
    super(message, { code: 'invalid_directory', hint: 'Give every file a distinct name without slashes.' })
  }
}

/** A block is not a UnixFS node that this network can read. */
export class InvalidNode extends BadInput {
  constructor(what: string, cause?: unknown) {
    super(`The block is not a readable UnixFS node: ${what}.`, {
      code: 'invalid_node',
      hint: `Import the content again with the profile ${profile} (raw leaves).`,
      cause,
    })
  }
}
