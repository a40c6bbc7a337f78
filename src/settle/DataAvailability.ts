import { buffer } from 'node:stream/consumers'
import { Bytes, type Hex } from '../core/index.ts'
import type { Store } from '../store/index.ts'

/** Where receipt batches are published, so that anybody can read them back by what the chain says. */
export type DataAvailability = {
  /** Publishes durably and answers with the CID that goes on chain with the claim. The same blob has the same CID. */
  put(root: Hex, blob: string): Promise<{ cid: string }>
  get(cid: string): Promise<string>
}

/** The default: the blob stays pinned in a content-addressed store, and its CID goes on chain with the claim. */
export const fromStore = (store: Store): DataAvailability => ({
  put: async (root, blob) => {
    const { cid } = await store.put(Bytes.utf8(blob))
    await store.pin(cid, `batch:${root}`)
    return { cid }
  },
  get: async (cid) => (await buffer(await store.open(cid))).toString('utf8'),
})
