import type { Route } from '../../request.ts'
import { addCollectionItem } from './add-collection-item.ts'
import { createCollection } from './create-collection.ts'
import { deleteCollection } from './delete-collection.ts'
import { deleteCollectionItem } from './delete-collection-item.ts'
import { getCollection } from './get-collection.ts'
import { listCollections } from './list-collections.ts'
import { updateCollection } from './update-collection.ts'
import { updateCollectionItem } from './update-collection-item.ts'
import { voteCollection } from './vote-collection.ts'

export const collectionsRoutes: Route[] = [
  ...[createCollection, deleteCollection, getCollection, listCollections, updateCollection, voteCollection],
  ...[addCollectionItem, deleteCollectionItem, updateCollectionItem],
]
