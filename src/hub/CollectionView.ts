import type { FastifyRequest } from 'fastify'
import { Collection, CollectionItem, Repo } from '../catalog/index.ts'
import { NotAuthenticated, NotFound, NotPermitted, RepoId } from '../core/index.ts'
import { avatarUrl } from './accounts.ts'
import type { HubContext } from './context.ts'
import { requireHolder } from './request.ts'

/** Items of each collection in a list of collections. */
export const itemsInLists = 4

/** Collections as clients read them, with the items that the caller may see. */
export const show = async (
  context: HubContext,
  request: FastifyRequest,
  owned: Collection.Owned[],
  itemsEach?: number,
) => {
  const { db } = context.catalog
  const ids = owned.map(({ collection }) => collection.id)
  const items = await CollectionItem.shown(db, ids, request.holder, itemsEach)
  const voted = await Collection.upvotedBy(db, ids, request.holder)
  return owned.map(({ collection, owner }) => ({
    slug: Collection.slugOf({ collection, owner }),
    title: collection.title,
    description: collection.description ?? '',
    lastUpdated: collection.updatedAt.toISOString(),
    gating: false,
    owner: {
      _id: owner.id,
      name: owner.name,
      fullname: owner.fullname,
      type: owner.kind,
      avatarUrl: avatarUrl(context, request, owner),
    },
    items: (items.get(collection.id) ?? []).map(showItem),
    theme: collection.theme,
    private: collection.private,
    upvotes: collection.upvotes,
    isUpvotedByUser: voted.has(collection.id),
  }))
}

/** One collection whole; a list has no `position`, because clients count by themselves there. */
export const showOne = async (context: HubContext, request: FastifyRequest, owned: Collection.Owned) => {
  const [shown] = await show(context, request, [owned])
  return { ...(shown as NonNullable<typeof shown>), position: owned.collection.position }
}

const showItem = ({ item, repo, collection }: CollectionItem.Shown, position: number) => ({
  _id: Collection.shortId(item.id),
  type: item.type,
  position,
  ...(item.note === null ? {} : { note: { text: item.note, html: escapeHtml(item.note) } }),
  ...(repo ? repoFacts(repo) : collection ? collectionFacts(collection) : { id: item.target }),
})

const repoFacts = (repo: Repo.Repo) => ({
  id: RepoId.format(Repo.idOf(repo)),
  author: repo.namespace,
  repoType: repo.type,
  lastModified: repo.updatedAt.toISOString(),
  private: repo.visibility !== 'public',
  gated: repo.gated ?? false,
  downloads: repo.downloads,
  likes: repo.likes,
  ...(repo.pipelineTag === null ? {} : { pipeline_tag: repo.pipelineTag }),
})

const collectionFacts = (owned: Collection.Owned) => ({
  id: Collection.shortId(owned.collection.id),
  slug: Collection.slugOf(owned),
  title: owned.collection.title,
})

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)

/** The collection of the URL, if the caller may know it. Throws {@link CollectionNotFound}. */
export const readableCollection = async (context: HubContext, request: FastifyRequest): Promise<Collection.Owned> => {
  const { owner = '', slug = '' } = request.params as { owner?: string; slug?: string }
  return collectionAt(context, request, owner, slug)
}

export const collectionAt = async (
  context: HubContext,
  request: FastifyRequest,
  owner: string,
  slug: string,
): Promise<Collection.Owned> => {
  const { db } = context.catalog
  const found = owner.includes('\0') ? undefined : await Collection.find(db, owner, slug)
  if (found && (await Collection.mayRead(db, found, request.holder))) return found
  throw request.holder
    ? new CollectionNotFound(`${owner}/${slug}`)
    : new CollectionNotFoundWithoutToken(`${owner}/${slug}`)
}

/** The collection of the URL, which the caller may change. */
export const writableCollection = async (context: HubContext, request: FastifyRequest): Promise<Collection.Owned> => {
  const found = await readableCollection(context, request)
  const holder = requireHolder(request)
  if (await Collection.mayWrite(context.catalog.db, found.owner, holder)) return found
  throw new CollectionWriteRefused(found.owner.name)
}

const missing = (slug: string) => `Collection not found: ${slug.slice(0, 200)}.`

/** The collection does not exist, or this caller may not know that it does; both answers are the same. */
export class CollectionNotFound extends NotFound {
  constructor(slug: string) {
    super(missing(slug), { code: 'collection_not_found' })
  }
}

/** The same for callers without a token. */
export class CollectionNotFoundWithoutToken extends NotAuthenticated {
  constructor(slug: string) {
    super(missing(slug), { code: 'collection_not_found' })
  }
}

export class CollectionWriteRefused extends NotPermitted {
  constructor(owner: string) {
    super(`You have no right to change collections of ${owner.slice(0, 96)} with this token.`, {
      code: 'write_refused',
    })
  }
}
