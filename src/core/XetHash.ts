import { Hasher } from '@huggingface/blake3-jit'
import { BadInput } from './errors.ts'

/**
 * The hashes of the Xet protocol: keyed BLAKE3 of chunks, and a Merkle tree over chunk hashes whose groups end where a
 * hash says so. Source: https://huggingface.co/docs/xet/hashing
 */
export type Leaf = { hash: Uint8Array; size: number }

/** Bytes of a hash. */
export const byteLength = 32

const dataKey = keyOf('6697f5775b9550de3135cbaca597181c9de421109beb2b58b4d0b04b93adf229')
const nodeKey = keyOf('017ec5c7a5472996fd946666b48a02e65ddd536f37c76dd2f86352e64a53713f')
const rangeKey = keyOf('7f1857d6ce56ed66127ff913e7a5c3f3a4cd26d5b5db49e64124987f28fb94c3')

const dataHasher = Hasher.newKeyed(dataKey)
const nodeHasher = Hasher.newKeyed(nodeKey)
const rangeHasher = Hasher.newKeyed(rangeKey)
const fileHasher = Hasher.newKeyed(new Uint8Array(byteLength))

/** The key with which chunks are hashed. */
export const chunkKey: Uint8Array = dataKey

const hexOf = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** The text of a hash: four little-endian 64-bit numbers in hex. */
export const format = (hash: Uint8Array): string => {
  let text = ''
  for (let word = 0; word < byteLength; word += 8) {
    for (let at = word + 7; at >= word; at--) text += hexOf[hash[at]!]
  }
  return text
}

/** Reads the text of a hash. Throws `BadInput`. */
export const parse = (text: string): Uint8Array => {
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new BadInput(`${JSON.stringify(text.slice(0, 80))} is not a Xet hash of 64 hex digits.`, {
      code: 'bad_xet_hash',
    })
  }
  return Uint8Array.from({ length: byteLength }, (_, at) => {
    const digit = 2 * ((at & ~7) + 7 - (at & 7))
    return Number.parseInt(text.slice(digit, digit + 2), 16)
  })
}

/** The hash of a chunk's bytes. */
export const ofChunk = (bytes: Uint8Array): Uint8Array => dataHasher.reset().update(bytes).finalize(byteLength)

/** The hash of a xorb: the root of the tree over its chunks; zero for none. */
export const ofXorb = (chunks: Iterable<Leaf>): Uint8Array => {
  const tree = grow()
  for (const chunk of chunks) tree.push(chunk)
  return tree.xorb()
}

/** The hash of a file from all its chunks in order; zero for an empty file. */
export const ofFile = (chunks: Iterable<Leaf>): Uint8Array => {
  const tree = grow()
  for (const chunk of chunks) tree.push(chunk)
  return tree.file()
}

type Level = { open: Leaf[]; count: number }

/**
 * A tree that is given its leaves one by one and holds a few nodes of each level only. A group has at least two
 * members, at most nine, and ends after a hash that is a multiple of four; the last ends where the level does.
 */
export const grow = () => {
  const levels: Level[] = []
  const push = (leaf: Leaf, height = 0): void => {
    const level = levels[height] ?? { open: [], count: 0 }
    levels[height] = level
    level.count++
    level.open.push(leaf)
    const members = level.open.length
    if (members === 9 || (members > 2 && (leaf.hash[24]! & 3) === 0)) push(parentOf(level.open.splice(0)), height + 1)
  }
  const root = (): Uint8Array => {
    for (let height = 0; height < levels.length; height++) {
      const { open, count } = levels[height]!
      if (count === 1) return open[0]!.hash
      if (open.length > 0) push(parentOf(open.splice(0)), height + 1)
    }
    return new Uint8Array(byteLength)
  }
  return {
    push: (leaf: Leaf): void => push(leaf),
    /** The hash of a xorb of these chunks; ends the tree. */
    xorb: root,
    /** The hash of a file of these chunks; ends the tree. */
    file: (): Uint8Array => (levels.length === 0 ? root() : fileHasher.reset().update(root()).finalize(byteLength)),
  }
}

/** What a client proves knowledge of a range of chunks with; `hashes` are theirs, one after the other. */
export const ofRange = (hashes: Uint8Array): Uint8Array => rangeHasher.reset().update(hashes).finalize(byteLength)

/** A chunk's hash as it is shown to those who may not know it. */
export const keyed = (hash: Uint8Array, key: Uint8Array): Uint8Array =>
  Hasher.newKeyed(Uint8Array.from(key)).update(hash).finalize(byteLength)

/** Whether clients ask everywhere for a chunk with this hash (one in 1024). */
export const isSampled = (hash: Uint8Array): boolean => hash[24] === 0 && (hash[25]! & 3) === 0

function parentOf(group: Leaf[]): Leaf {
  let text = ''
  let size = 0
  for (const leaf of group) {
    text += `${format(leaf.hash)} : ${leaf.size}\n`
    size += leaf.size
  }
  return { hash: nodeHasher.reset().update(new TextEncoder().encode(text)).finalize(byteLength), size }
}

function keyOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: byteLength }, (_, at) => Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16))
}
