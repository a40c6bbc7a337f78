import { Collection } from '../../../catalog/index.ts'
import { Struct } from '../../../core/index.ts'
import { AccessWire } from '../../../wire/index.ts'
import { showOne, writableCollection } from '../../CollectionView.ts'
import type { Route } from '../../request.ts'

/** Changes what is said about a collection. */
export const updateCollection: Route = (app, context) => {
  app.patch('/api/collections/:owner/:slug', async (request) => {
    const owned = await writableCollection(context, request)
    const wish = Struct.parseWith(AccessWire.UpdateCollection, request.body, 'collection')
    const changed = await Collection.update(context.catalog.db, owned, wish, context.clock())
    return { success: true, data: await showOne(context, request, changed) }
  })
}
