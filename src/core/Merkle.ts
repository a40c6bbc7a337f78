import { encode, type Item } from './Abi.ts'
import { compare, concat, fromHex, type Hex, toHex } from './Bytes.ts'
import { BadInput } from './errors.ts'
import { keccakBytes } from './Hash.ts'

/** What a file's leaf is made of: `sha256` is 64 hexadecimal digits, `cid` the bytes of the CID. */
export type FileLeaf = { path: string; size: number; sha256: string; cid: Uint8Array }

/** OpenZeppelin's standard leaf: keccak256(keccak256(abi.encode(...))). */
export const leaf = (items: readonly Item[]): Hex => toHex(keccakBytes(keccakBytes(encode(items))))

/** Leaf over (string path, uint64 size, bytes32 sha256, bytes cid). */
export const fileLeaf = (file: FileLeaf): Hex =>
  leaf([
    { type: 'string', value: file.path },
    { type: 'uint', value: file.size },
    { type: 'bytes32', value: `0x${file.sha256}` },
    { type: 'bytes', value: toHex(file.cid) },
  ])

/** Leaf over (uint256 modelId), for the models a session allows. */
export const modelLeaf = (modelId: bigint): Hex => leaf([{ type: 'uint', value: modelId }])

/** Root of OpenZeppelin's StandardMerkleTree over leaf hashes in any order. Throws `BadInput` on an empty list. */
export const root = (leaves: readonly Hex[]): Hex => toHex(build(leaves)[0] as Uint8Array)

/** Sibling hashes from `leafHash` up to the root. Throws `BadInput` when the leaf is not there. */
export function proof(leaves: readonly Hex[], leafHash: Hex): Hex[] {
  const tree = build(leaves)
  const wanted = fromHex(leafHash)
  let at = tree.findLastIndex((node, i) => i >= tree.length - leaves.length && compare(node, wanted) === 0)
  if (at < 0)
    throw new BadInput(`The leaf ${leafHash} is not in this tree of ${leaves.length}.`, { code: 'no_such_leaf' })
  const siblings: Hex[] = []
  while (at > 0) {
    siblings.push(toHex(tree[at % 2 === 0 ? at - 1 : at + 1] as Uint8Array))
    at = Math.floor((at - 1) / 2)
  }
  return siblings
}

/** Whether the proof leads from the leaf to the root. */
export function verify(rootHash: Hex, leafHash: Hex, siblings: readonly Hex[]): boolean {
  let node = fromHex(leafHash)
  for (const sibling of siblings) node = pair(node, fromHex(sibling))
  return toHex(node) === rootHash
}

function build(leaves: readonly Hex[]): Uint8Array[] {
  if (leaves.length === 0) throw new BadInput('A Merkle tree needs at least one leaf.', { code: 'empty_tree' })
  const sorted = leaves.map(fromHex).sort(compare)
  const size = 2 * sorted.length - 1
  const tree = new Array<Uint8Array>(size)
  sorted.forEach((hash, i) => {
    tree[size - 1 - i] = hash
  })
  for (let i = size - 1 - sorted.length; i >= 0; i -= 1) {
    tree[i] = pair(tree[2 * i + 1] as Uint8Array, tree[2 * i + 2] as Uint8Array)
  }
  return tree
}

const pair = (a: Uint8Array, b: Uint8Array): Uint8Array => keccakBytes(compare(a, b) < 0 ? concat(a, b) : concat(b, a))
