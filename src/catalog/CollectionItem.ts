import { and, asc, between, count, eq, inArray, max, or, type SQL, sql } from 'drizzle-orm'
import { BadInput, Conflict, NotFound } from '../core/index.ts'
import { type Collection, idRange, type Owned, shortId, visible as visibleCollections } from './Collection.ts'
import type { Db } from './database.ts'
import { type Repo, visible } from './Repo.ts'
import type { Holder } from './Token.ts'
import { accounts, collectionItems, collections, repos } from './tables/index.ts'

/** One entry of a collection. */
export type Item = typeof collectionItems.$inferSelect
export type Type = Item['type']

const maxItems = 1000

/** What an item points to; `repoId` where that is a repository. */
export type Target = { type: Type; target: string; repoId?: string | undefined }

/** Adds an item at the end. Throws {@link ItemExists}, and `BadInput` where the collection is full. */
export const add = (
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
export const update = (
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
export const remove = async (db: Db, collection: Collection, short: string, now: Date): Promise<void> => {
  const ids = idRange(short)
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
export const shown = async (
  db: Db,
  ids: string[],
  viewer: Holder | undefined,
  limit = maxItems,
): Promise<Map<string, Shown[]>> => {
  const found = new Map<string, Shown[]>(ids.map((id) => [id, []]))
  if (ids.length === 0) return found
  const inner = await linked(db, ids, viewer)
  const seen = and(inArray(collectionItems.collectionId, ids), await isShown(db, viewer, [...inner.keys()]))
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

const isShown = async (db: Db, viewer: Holder | undefined, inner: string[]): Promise<SQL | undefined> =>
  or(
    eq(collectionItems.type, 'paper'),
    inner.length === 0
      ? undefined
      : and(eq(collectionItems.type, 'collection'), inArray(collectionItems.target, inner)),
    and(sql`${collectionItems.repoId} is not null`, await visible(db, viewer)),
  )

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
