import { Cid } from '../../core/index.ts'
import type { Xorbs } from '../Store.ts'
import { type Composer, compose } from './compose.ts'
import { openRecords } from './read-records.ts'
import type { XorbStore } from './XorbStore.ts'

/** What a store offers of its xorbs. */
export function xorbsOf(composer: Composer & { xorbs: XorbStore }): Xorbs {
  const { xorbs, composed, writer } = composer
  return {
    put: async (hash, source, signal) => ({ inserted: (await xorbs.put(hash, source, signal)).inserted }),
    has: (hash) => xorbs.has(hash),
    table: (hash) => xorbs.table(hash),
    open: (hash, range = {}) => openRecords(xorbs, hash, range),
    compose: (file, options = {}) => writer.guard(() => compose(composer, file, options)),
    recipe: (cid) => composed.recipe(Cid.toString(Cid.parse(cid))),
  }
}
