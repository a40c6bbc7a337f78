import { CollectionItem } from '../../../catalog/index.ts'
import { Struct } from '../../../core/index.ts'
import { AccessWire } from '../../../wire/index.ts'
import { writableCollection } from '../../CollectionView.ts'
import type { Route } from '../../request.ts'

/** Changes the note or the place of an item. */
export const updateCollectionItem: Route = (app, context) => {
  app.patch('/api/collections/:owner/:slug/items/:item', async (request) => {
    const { collection } = await writableCollection(context, request)
    const wish = Struct.parseWith(AccessWire.UpdateCollectionItem, request.body, 'item')
    const { item = '' } = request.params as { item?: string }
    await CollectionItem.update(context.catalog.db, collection, item, wish, context.clock())
    return { success: true }
  })
}
