import { LRUCache } from 'lru-cache'
import { DehugError, Manifest, NotFound } from '../../../core/index.ts'
import type { Store } from '../../../store/index.ts'

/** What pages show of a manifest. */
export type ManifestFacts = {
  sizeBytes: number
  edges: Manifest.Manifest['baseModels']
  author: string
}

/** Larger manifests are those of hundreds of thousands of files; a page does not wait for them. */
const maxBytes = 8 * 2 ** 20

/** Contents under a CID never change. */
const known = new LRUCache<string, ManifestFacts>({ max: 5_000 })

/** Undefined where the manifest is not in the store, too large, or none. */
export const read = async (store: Store, cid: string): Promise<ManifestFacts | undefined> => {
  const found = known.get(cid)
  if (found) return found
  const text = await textOf(store, cid)
  if (text === undefined) return undefined
  try {
    const { files, baseModels, author } = Manifest.parse(text)
    const facts = { sizeBytes: files.reduce((bytes, { size }) => bytes + size, 0), edges: baseModels, author }
    known.set(cid, facts)
    return facts
  } catch (error) {
    if (error instanceof DehugError) return undefined
    throw error
  }
}

const textOf = async (store: Store, cid: string): Promise<string | undefined> => {
  try {
    const chunks: Uint8Array[] = []
    let bytes = 0
    for await (const chunk of await store.open(cid)) {
      bytes += chunk.length
      if (bytes > maxBytes) return undefined
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString()
  } catch (error) {
    if (error instanceof NotFound) return undefined
    throw error
  }
}
