import { readableCollection, showOne } from '../../CollectionView.ts'
import type { Route } from '../../request.ts'

/** One collection with all items that the caller may see. */
export const getCollection: Route = (app, context) => {
  app.get('/api/collections/:owner/:slug', async (request) =>
    showOne(context, request, await readableCollection(context, request)),
  )
}
