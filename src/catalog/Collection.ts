import { createHash, randomInt } from 'node:crypto'
import { and, between, desc, eq, exists, ilike, inArray, or, type SQL, sql } from 'drizzle-orm'
import { BadInput, Conflict } from '../core/index.ts'
import { type Account, readableOwners, roleIn } from './Account.ts'
import type { Db } from './database.ts'
import { type Holder, may } from './Token.ts'
import { accounts, collectionItems, collections, collectionUpvotes } from './tables/index.ts'

export type Collection = typeof collections.$inferSelect
/** A collection with whom it belongs to. */
export type Owned = { collection: Collection; owner: Account }

export const themes = ['orange', 'blue', 'green', 'purple', 'pink', 'indigo'] as const
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
export const idRange = (short: string): [string, string] | undefined => {
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
  const ids = idRange(address.slice(-24))
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

/** Condition on `collections`: those this caller may know. */
export const visible = async (db: Db, holder: Holder | undefined): Promise<SQL | undefined> => {
  const open = eq(collections.private, false)
  if (!holder) return open
  if (!may(holder.token, 'collection.read')) return open
  return or(open, inArray(collections.ownerId, await readableOwners(db, holder.user.id)))
}

export type Query = {
  owners?: string[]
  items?: { type: typeof collectionItems.$inferSelect.type; target: string }[]
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
        await visible(db, viewer),
        owners.length === 0 ? undefined : inArray(accounts.key, owners),
        holds.length === 0 ? undefined : or(...holds),
        text ? or(ilike(collections.title, pattern), ilike(collections.description, pattern)) : undefined,
      ),
    )
    .orderBy(...order, desc(collections.updatedAt), desc(collections.id))
    .limit(limit)
    .offset(offset)
}

export type Change = {
  [Field in 'title' | 'description' | 'private' | 'theme' | 'position']?: Collection[Field] | undefined
}

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

/** Which of these collections the viewer voted for. */
export const upvotedBy = async (db: Db, ids: string[], viewer: Holder | undefined): Promise<Set<string>> => {
  if (!viewer || ids.length === 0) return new Set()
  const rows = await db
    .select({ id: collectionUpvotes.collectionId })
    .from(collectionUpvotes)
    .where(and(eq(collectionUpvotes.userId, viewer.user.id), inArray(collectionUpvotes.collectionId, ids)))
  return new Set(rows.map(({ id }) => id))
}

/** The account has a collection of this title; clients read its `slug`. */
export class CollectionExists extends Conflict {
  constructor(collection: Collection | undefined, owner: Account) {
    super(`${owner.name} has a collection of this title already.`, {
      code: 'collection_exists',
      details: collection ? { slug: slugOf({ collection, owner }) } : {},
    })
  }
}
