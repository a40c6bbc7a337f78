import { createHash, randomInt } from 'node:crypto'
import { and, asc, between, count, desc, eq, exists, ilike, inArray, max, or, type SQL, sql } from 'drizzle-orm'
import { BadInput, Conflict, NotFound } from '../core/index.ts'
import { type Account, readableOwners, roleIn } from './Account.ts'
import type { Db } from './database.ts'
import { type Repo, visible } from './Repo.ts'
import { type Holder, may } from './Token.ts'
import { accounts, collectionItems, collections, collectionUpvotes, repos } from './tables/index.ts'

export type Collection = typeof collections.$inferSelect
export type Item = typeof collectionItems.$inferSelect
export type ItemType = Item['type']
/** A collection with whom it belongs to. */
export type Owned = { collection: Collection; owner: Account }

export const themes = ['orange', 'blue', 'green', 'purple', 'pink', 'indigo'] as const
const maxItems = 1000
const maxPerOwner = 1000

/** The 24 hex digits that stand for an id in addresses. */
export const shortId = (id: string): string => id.replaceAll('-', '').slice(0, 24)

/** `ns/title-of-it-<24 hex>`: only the account and the digits say which one it is. */
export const slugOf = ({ collection, owner }: Owned): string =>
  `${owner.name}/${collection.slug}-${shortId(collection.id)}`

const words = (title: string): string => {
  const plain = title
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
  // Titles without a single Latin letter would otherwise all be the same.
  return plain || `collection-${createHash('sha256').update(title).digest('hex').slice(0, 8)}`
}

/** The uuids that begin with these 24 hex digits; undefined for other texts. */
const range = (short: string): [string, string] | undefined => {
  if (!/^[0-9a-f]{24}$/.test(short)) return undefined
  const withTail = (tail: string) => (short + tail).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  return [withTail('00000000'), withTail('ffffffff')]
}

export type NewCollection = Pick<Collection, 'title' | 'private'> & { description?: string | undefined }

/** Throws {@link CollectionExists}, and `BadInput` where the account has too many. */
export const create = async (db: Db, owner: Account, input: NewCollection, now: Date): Promise<Owned> => {
  const slug = words(input.title)
  if ((await db.$count(collections, eq(collections.ownerId, owner.id))) >= maxPerOwner) {
    throw new BadInput(`An account has at most ${maxPerOwner} collections.`, { code: 'too_many_collections' })
  }
  const theme = themes[randomInt(themes.length)] as string
  const [collection] = await db
    .insert(collections)
    .values({ ...input, ownerId: owner.id, slug, theme, createdAt: now, updatedAt: now })
    .onConflictDoNothing()
    .returning()
  if (collection) return { collection, owner }
  throw new CollectionExists(await existing(db, owner, slug), owner)
}

const existing = async (db: Db, owner: Account, slug: string): Promise<Collection | undefined> =>
  (
    await db
      .select()
      .from(collections)
      .where(and(eq(collections.ownerId, owner.id), eq(collections.slug, slug)))
  )[0]

/** Finds by the part of the address behind the account, whatever title it had when the address was made. */
export const find = async (db: Db, namespace: string, address: string): Promise<Owned | undefined> => {
  const ids = range(address.slice(-24))
  if (!ids) return undefined
  const [row] = await db
    .select({ collection: collections, owner: accounts })
    .from(collections)
    .innerJoin(accounts, eq(accounts.id, collections.ownerId))
    .where(and(between(collections.id, ...ids), eq(accounts.key, namespace.toLowerCase())))
  return row
}

/** Whether this caller may know the collection. */
export const mayRead = async (db: Db, { collection, owner }: Owned, holder: Holder | undefined): Promise<boolean> => {
  if (!collection.private) return true
  if (!holder || !may(holder.token, 'collection.read', owner.key)) return false
  return (await roleIn(db, owner.id, holder.user.id)) !== undefined
}

/** Whether this caller may make and change collections of an account: its own user, or who may write in the organisation. */
export const mayWrite = async (db: Db, owner: Account, holder: Holder): Promise<boolean> => {
  if (!may(holder.token, 'collection.write', owner.key)) return false
  const role = await roleIn(db, owner.id, holder.user.id)
  return role === 'owner' || role === 'admin' || role === 'write' || role === 'contributor'
}

const visibleCollections = async (db: Db, holder: Holder | undefined): Promise<SQL | undefined> => {
  const open = eq(collections.private, false)
  if (!holder) return open
  if (!may(holder.token, 'collection.read')) return open
  return or(open, inArray(collections.ownerId, await readableOwners(db, holder.user.id)))
}

export type Query = {
  owners?: string[]
  items?: { type: ItemType; target: string }[]
  words?: string | undefined
  sort: 'lastModified' | 'upvotes'
  limit: number
  offset: number
}

/** One page of the collections this caller may see. */
export const list = async (db: Db, query: Query, viewer: Holder | undefined): Promise<Owned[]> => {
  const { owners = [], items = [], words: text, sort, limit, offset } = query
  const pattern = `%${(text ?? '').replace(/[\\%_]/g, '\\$&')}%`
  const holds = items.map(({ type, target }) =>
    exists(
      db
        .select({ one: sql`1` })
        .from(collectionItems)
        .where(
          and(
            eq(collectionItems.collectionId, collections.id),
            eq(collectionItems.type, type),
            eq(collectionItems.target, target),
          ),
        ),
    ),
  )
  const order = sort === 'upvotes' ? [desc(collections.upvotes)] : []
  return db
    .select({ collection: collections, owner: accounts })
    .from(collections)
    .innerJoin(accounts, eq(accounts.id, collections.ownerId))
    .where(
      and(
        await visibleCollections(db, viewer),
        owners.length === 0 ? undefined : inArray(accounts.key, owners),
        holds.length === 0 ? undefined : or(...holds),
        text ? or(ilike(collections.title, pattern), ilike(collections.description, pattern)) : undefined,
      ),
    )
    .orderBy(...order, desc(collections.updatedAt), desc(collections.id))
    .limit(limit)
    .offset(offset)
}

export type Change = Partial<Pick<Collection, 'title' | 'description' | 'private' | 'theme' | 'position'>>

/** Changes what is said about a collection. Throws {@link CollectionExists} where another one has the title. */
export const update = async (db: Db, { collection, owner }: Owned, change: Change, now: Date): Promise<Owned> => {
  const slug = change.title === undefined ? collection.slug : words(change.title)
  const other = slug === collection.slug ? undefined : await existing(db, owner, slug)
  if (other) throw new CollectionExists(other, owner)
  const [row] = await db
    .update(collections)
    .set({ ...change, slug, updatedAt: now })
    .where(eq(collections.id, collection.id))
    .returning()
    .catch((error) => {
      // Two changes to one title at once.
      throw (error as { cause?: { code?: string } }).cause?.code === '23505'
        ? new CollectionExists(undefined, owner)
        : error
    })
  return { collection: row ?? collection, owner }
}

export const remove = async (db: Db, { collection }: Owned): Promise<void> => {
  await db.delete(collections).where(eq(collections.id, collection.id))
}

/** What an item points to; `repoId` where that is a repository. */
export type Target = { type: ItemType; target: string; repoId?: string | undefined }

/** Adds an item at the end. Throws {@link ItemExists}, and `BadInput` where the collection is full. */
export const addItem = (
  db: Db,
  collection: Collection,
  item: Target & { note?: string | undefined },
  now: Date,
): Promise<void> =>
  db.transaction(async (tx) => {
    await tx.update(collections).set({ updatedAt: now }).where(eq(collections.id, collection.id))
    const [last] = await tx
      .select({ items: count(), position: max(collectionItems.position) })
      .from(collectionItems)
      .where(eq(collectionItems.collectionId, collection.id))
    if ((last?.items ?? 0) >= maxItems) {
      throw new BadInput(`A collection has at most ${maxItems} items.`, { code: 'collection_full' })
    }
    const position = (last?.position ?? -1) + 1
    const { rowCount } = await tx
      .insert(collectionItems)
      .values({ ...item, collectionId: collection.id, position, createdAt: now })
      .onConflictDoNothing()
    if (!rowCount) throw new ItemExists()
  })

/** Changes the note or the place of an item. Throws {@link ItemNotFound}. */
export const updateItem = (
  db: Db,
  collection: Collection,
  short: string,
  change: { note?: string | undefined; position?: number | undefined },
  now: Date,
): Promise<void> =>
  db.transaction(async (tx) => {
    await tx.update(collections).set({ updatedAt: now }).where(eq(collections.id, collection.id))
    const all = await tx
      .select({ id: collectionItems.id, note: collectionItems.note })
      .from(collectionItems)
      .where(eq(collectionItems.collectionId, collection.id))
      .orderBy(asc(collectionItems.position), asc(collectionItems.id))
    const item = all.find(({ id }) => shortId(id) === short)
    if (!item) throw new ItemNotFound()
    if (change.note !== undefined) {
      await tx.update(collectionItems).set({ note: change.note }).where(eq(collectionItems.id, item.id))
    }
    if (change.position === undefined) return
    const order = all.filter(({ id }) => id !== item.id).map(({ id }) => id)
    order.splice(change.position, 0, item.id)
    await tx.execute(sql`update ${collectionItems} set position = place.n - 1
      from unnest(${sql.param(order)}::uuid[]) with ordinality as place(id, n) where ${collectionItems}.id = place.id`)
  })

/** Throws {@link ItemNotFound}. */
export const removeItem = async (db: Db, collection: Collection, short: string, now: Date): Promise<void> => {
  const ids = range(short)
  if (!ids) throw new ItemNotFound()
  const { rowCount } = await db
    .delete(collectionItems)
    .where(and(eq(collectionItems.collectionId, collection.id), between(collectionItems.id, ...ids)))
  if (!rowCount) throw new ItemNotFound()
  await db.update(collections).set({ updatedAt: now }).where(eq(collections.id, collection.id))
}

/** An item with what it points to, as far as the viewer may see that. */
export type Shown = { item: Item; repo: Repo | null; collection: Owned | undefined }

/** The items of some collections that the viewer may see, at most `limit` each, in order. */
export const itemsOf = async (
  db: Db,
  ids: string[],
  viewer: Holder | undefined,
  limit = maxItems,
): Promise<Map<string, Shown[]>> => {
  const found = new Map<string, Shown[]>(ids.map((id) => [id, []]))
  if (ids.length === 0) return found
  const inner = await linked(db, ids, viewer)
  const seen = and(inArray(collectionItems.collectionId, ids), await shownIf(db, viewer, [...inner.keys()]))
  const place = sql<number>`row_number() over (partition by ${collectionItems.collectionId} order by ${collectionItems.position}, ${collectionItems.id})`
  const ranked = db
    .select({ rankedId: sql<string>`${collectionItems.id}`.as('ranked_id'), place: place.as('place') })
    .from(collectionItems)
    .leftJoin(repos, eq(repos.id, collectionItems.repoId))
    .where(seen)
    .as('ranked')
  const rows = await db
    .select({ item: collectionItems, repo: repos })
    .from(ranked)
    .innerJoin(collectionItems, eq(collectionItems.id, ranked.rankedId))
    .leftJoin(repos, eq(repos.id, collectionItems.repoId))
    .where(sql`${ranked.place} <= ${limit}`)
    .orderBy(asc(collectionItems.position), asc(collectionItems.id))
  for (const row of rows) {
    found.get(row.item.collectionId)?.push({ ...row, collection: inner.get(row.item.target) })
  }
  return found
}

/** Collections that these ones hold and the viewer may see, by id. */
const linked = async (db: Db, ids: string[], viewer: Holder | undefined): Promise<Map<string, Owned>> => {
  const rows = await db
    .select({ collection: collections, owner: accounts })
    .from(collections)
    .innerJoin(accounts, eq(accounts.id, collections.ownerId))
    .where(
      and(
        await visibleCollections(db, viewer),
        sql`${collections.id}::text in (select ${collectionItems.target} from ${collectionItems}
          where ${inArray(collectionItems.collectionId, ids)} and ${collectionItems.type} = 'collection')`,
      ),
    )
  return new Map(rows.map((row) => [row.collection.id, row]))
}

const shownIf = async (db: Db, viewer: Holder | undefined, inner: string[]): Promise<SQL | undefined> =>
  or(
    eq(collectionItems.type, 'paper'),
    inner.length === 0
      ? undefined
      : and(eq(collectionItems.type, 'collection'), inArray(collectionItems.target, inner)),
    and(sql`${collectionItems.repoId} is not null`, await visible(db, viewer)),
  )

/** Gives or takes back one person's vote. */
export const vote = (db: Db, { id }: Collection, userId: string, up: boolean): Promise<void> =>
  db.transaction(async (tx) => {
    const row = and(eq(collectionUpvotes.collectionId, id), eq(collectionUpvotes.userId, userId))
    const { rowCount } = up
      ? await tx.insert(collectionUpvotes).values({ collectionId: id, userId }).onConflictDoNothing()
      : await tx.delete(collectionUpvotes).where(row)
    if (!rowCount) return
    await tx
      .update(collections)
      .set({ upvotes: sql`${collections.upvotes} + ${up ? 1 : -1}` })
      .where(eq(collections.id, id))
  })

/** The account has a collection of this title; clients read its `slug`. */
export class CollectionExists extends Conflict {
  constructor(collection: Collection | undefined, owner: Account) {
    super(`${owner.name} has a collection of this title already.`, {
      code: 'collection_exists',
      details: collection ? { slug: slugOf({ collection, owner }) } : {},
    })
  }
}

export class ItemExists extends Conflict {
  constructor() {
    super('This item is in the collection already.', { code: 'item_exists' })
  }
}

export class ItemNotFound extends NotFound {
  constructor() {
    super('There is no such item in this collection.', { code: 'item_not_found' })
  }
}
