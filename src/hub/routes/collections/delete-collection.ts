import { Collection } from '../../../catalog/index.ts'
import { writableCollection } from '../../CollectionView.ts'
import type { Route } from '../../request.ts'

/** Deletes a collection; what it listed stays. */
export const deleteCollection: Route = (app, context) => {
  app.delete('/api/collections/:owner/:slug', async (request) => {
    await Collection.remove(context.catalog.db, await writableCollection(context, request))
    return { success: true }
  })
}
