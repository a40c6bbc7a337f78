import { createHash } from 'node:crypto'
import { Cid, UnixFs, VerificationFailed } from '../../core/index.ts'

/** The chunks of a file, from verified nodes: their digests, and where each starts (one more at the end: the size). */
export type FilePlan = { cid: string; size: number; count: number; digests: Buffer; offsets: Float64Array }

const maxDepth = 8
const maxLeaves = 1 << 24
/** No block is larger, by the trustless gateway specification. */
export const maxLeafBytes = 2 << 20

/** Expands a file's root node. `fetchNode` returns verified bytes; up to `parallel` run at once. */
export async function from(
  cid: string,
  root: UnixFs.Node & { type: 'file' },
  fetchNode: (cid: string) => Promise<Uint8Array>,
): Promise<FilePlan> {
  const leaves: { digest: Uint8Array; size: number }[] = []
  const expand = async (node: UnixFs.Node, size: number, depth: number): Promise<void> => {
    if (node.type !== 'file' || depth > maxDepth)
      throw new UnreadableFile(cid, 'its nodes are nested too deep or of mixed types')
    if (node.size !== size) throw new UnreadableFile(cid, 'its nodes contradict each other about sizes')
    const children = await inOrder(node.links, (link) =>
      Cid.parse(link.cid).codec === 'raw' ? undefined : fetchNode(link.cid),
    )
    for (const [i, link] of node.links.entries()) {
      const bytes = children[i]
      if (bytes) await expand(UnixFs.parseNode(bytes), link.size, depth + 1)
      else leaves.push({ digest: Cid.parse(link.cid).digest, size: link.size })
      const isBadLeaf = !bytes && (link.size > maxLeafBytes || (link.size === 0 && root.size > 0))
      if (leaves.length > maxLeaves || isBadLeaf)
        throw new UnreadableFile(cid, 'its chunks are too many, too large or empty')
    }
  }
  await expand(root, root.size, 0)
  return planOf(cid, leaves)
}

/** True when a store that cuts files as the profile says will come to the same CID. */
export function isOfProfile({ cid, size, count, digests, offsets }: FilePlan): boolean {
  if (count !== UnixFs.leafCount(size)) return false
  const leaves = Array.from({ length: count }, (_, i) => ({
    digest: digests.subarray(i * 32, i * 32 + 32),
    size: offsets[i + 1]! - offsets[i]!,
  }))
  return UnixFs.fileDag(leaves).root === cid
}

/** True when `bytes` are what chunk `leaf` must be. */
export function matches(plan: FilePlan, leaf: number, bytes: Uint8Array): boolean {
  return createHash('sha256')
    .update(bytes)
    .digest()
    .equals(plan.digests.subarray(leaf * 32, leaf * 32 + 32))
}

/** The number of bytes of chunk `leaf`. */
export function sizeOf(plan: FilePlan, leaf: number): number {
  return plan.offsets[leaf + 1]! - plan.offsets[leaf]!
}

function planOf(cid: string, leaves: { digest: Uint8Array; size: number }[]): FilePlan {
  const offsets = new Float64Array(leaves.length + 1)
  const digests = Buffer.alloc(leaves.length * 32)
  leaves.forEach((leaf, i) => {
    digests.set(leaf.digest, i * 32)
    offsets[i + 1] = offsets[i]! + leaf.size
  })
  return { cid, size: offsets[leaves.length]!, count: leaves.length, digests, offsets }
}

const parallel = 8

/** Maps with a bound on how many run at once, keeping the order. */
async function inOrder<T, R>(items: T[], map: (item: T) => Promise<R> | undefined): Promise<(R | undefined)[]> {
  const results: (R | undefined)[] = []
  let next = 0
  const worker = async () => {
    while (next < items.length) {
      const at = next++
      results[at] = await map(items[at]!)
    }
  }
  await Promise.all(Array.from({ length: Math.min(parallel, items.length) }, worker))
  return results
}

/** The graph behind a CID is not a file that can be read: the content itself is malformed, whoever delivers it. */
export class UnreadableFile extends VerificationFailed {
  constructor(cid: string, why: string) {
    super(`The file ${cid} cannot be read: ${why}.`, {
      code: 'unreadable_file',
      hint: `Ask its publisher to publish it again with the profile ${UnixFs.profile}.`,
      details: { cid },
    })
  }
}
