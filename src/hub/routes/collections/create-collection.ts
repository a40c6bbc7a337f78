import { Account, Collection, CollectionItem } from '../../../catalog/index.ts'
import { Struct } from '../../../core/index.ts'
import { AccessWire } from '../../../wire/index.ts'
import { CollectionWriteRefused, showOne } from '../../CollectionView.ts'
import { targetOf } from '../../collection-target.ts'
import { type Route, requireHolder } from '../../request.ts'

/** Makes a collection, with a first item where one is named. */
export const createCollection: Route = (app, context) => {
  app.post('/api/collections', async (request) => {
    const { db } = context.catalog
    const holder = requireHolder(request)
    const wish = Struct.parseWith(AccessWire.CreateCollection, request.body, 'collection')
    const owner = wish.namespace.includes('\0') ? undefined : await Account.byName(db, wish.namespace)
    if (!owner || !(await Collection.mayWrite(db, owner, holder))) throw new CollectionWriteRefused(wish.namespace)
    const item = wish.item ? await targetOf(context, request, wish.item) : undefined
    const now = context.clock()
    const made = await db.transaction(async (tx) => {
      const input = { title: wish.title, private: wish.private, description: wish.description ?? undefined }
      const owned = await Collection.create(tx, owner, input, now)
      if (item) await CollectionItem.add(tx, owned.collection, item, now)
      return owned
    })
    return showOne(context, request, made)
  })
}
