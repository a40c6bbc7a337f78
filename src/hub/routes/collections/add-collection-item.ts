import { CollectionItem } from '../../../catalog/index.ts'
import { Struct } from '../../../core/index.ts'
import { AccessWire } from '../../../wire/index.ts'
import { showOne, writableCollection } from '../../CollectionView.ts'
import { targetOf } from '../../collection-target.ts'
import type { Route } from '../../request.ts'

/** Puts a repository, a paper or another collection at the end of a collection. */
export const addCollectionItem: Route = (app, context) => {
  app.post('/api/collections/:owner/:slug/items', async (request) => {
    const owned = await writableCollection(context, request)
    const wish = Struct.parseWith(AccessWire.AddCollectionItem, request.body, 'item')
    const item = { ...(await targetOf(context, request, wish.item)), note: wish.note ?? undefined }
    await CollectionItem.add(context.catalog.db, owned.collection, item, context.clock())
    return showOne(context, request, owned)
  })
}
