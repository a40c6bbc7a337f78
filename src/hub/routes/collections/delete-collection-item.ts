import { CollectionItem } from '../../../catalog/index.ts'
import { writableCollection } from '../../CollectionView.ts'
import type { Route } from '../../request.ts'

/** Takes an item out of a collection. */
export const deleteCollectionItem: Route = (app, context) => {
  app.delete('/api/collections/:owner/:slug/items/:item', async (request) => {
    const { collection } = await writableCollection(context, request)
    const { item = '' } = request.params as { item?: string }
    await CollectionItem.remove(context.catalog.db, collection, item, context.clock())
    return { success: true }
  })
}
