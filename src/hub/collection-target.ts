import type { FastifyRequest } from 'fastify'
import type { CollectionItem } from '../catalog/index.ts'
import { BadInput } from '../core/index.ts'
import { collectionAt } from './CollectionView.ts'
import type { HubContext } from './context.ts'
import { findReadable } from './request.ts'

/** Number of a paper at arXiv, new and old style. */
const paper = /^(\d{4}\.\d{4,5}|[a-z-]{2,12}(\.[A-Z]{2})?\/\d{7})$/

/**
 * What an item points to, if the caller may see it: naming what they may not is answered as naming what is not there.
 * Throws `RepoNotFound`, `CollectionNotFound`, and `BadInput` for what is no paper.
 */
export const targetOf = async (
  context: HubContext,
  request: FastifyRequest,
  { id, type }: { id: string; type: CollectionItem.Type },
): Promise<CollectionItem.Target> => {
  if (type === 'paper') {
    if (!paper.test(id)) throw new BadInput(`"${id.slice(0, 40)}" is no paper at arXiv.`, { code: 'bad_item' })
    return { type, target: id }
  }
  if (type === 'collection') {
    const [owner = '', slug = ''] = id.split('/')
    return { type, target: (await collectionAt(context, request, owner, slug)).collection.id }
  }
  const repo = await findReadable(context, request, type, id)
  return { type, target: repo.id, repoId: repo.id }
}
