import { and, eq } from 'drizzle-orm'
import { BadInput, Conflict, type Hex, RepoId } from '../core/index.ts'
import type { Db } from './database.ts'
import { accounts, members } from './tables/index.ts'

/** A user or an organisation. */
export type Account = typeof accounts.$inferSelect
export type Role = typeof members.$inferSelect.role
export type Membership = { org: Account; role: Role }

export type NewAccount = {
  kind: Account['kind']
  name: string
  fullname?: string | undefined
  details?: string | undefined
  email?: string | undefined
  address?: Hex | undefined
  plan?: string | undefined
  admin?: boolean | undefined
  defaultVisibility?: Account['defaultVisibility'] | undefined
}

/** Names that would hide a route of the hub, the gateway or the web app, or that speak for the house. */
const reserved = new Set(
  [
    'api datasets dataset models model spaces space kernels buckets collections papers posts tasks organizations users',
    'v1 v2 ipfs ipns graphql metrics docs documentation oauth login logout join settings notifications new search',
    'resolve tree blob raw commit commits discussions avatars static assets health healthz jobs sessions withdrawals',
    'admin administrator root system support security help about terms privacy pricing null undefined .well-known',
  ].flatMap((line) => line.split(' ')),
)

/** Creates a user or organisation. Throws `BadInput` on an impossible name and {@link NameTaken}. */
export const create = async (db: Db, input: NewAccount, now: Date): Promise<Account> => {
  RepoId.parse(`${input.name}/x`)
  if (reserved.has(input.name.toLowerCase()) || isForeignAddress(input)) throw new NameTaken(input.name)
  const {
    kind,
    name,
    fullname = name,
    details,
    email,
    plan = 'free',
    admin = false,
    defaultVisibility = 'public',
  } = input
  const address = input.address?.toLowerCase()
  const [row] = await db
    .insert(accounts)
    .values({
      kind,
      name,
      key: name.toLowerCase(),
      fullname,
      details,
      email,
      address,
      plan,
      admin,
      defaultVisibility,
      createdAt: now,
    })
    .onConflictDoNothing()
    .returning()
  if (!row) throw new NameTaken(name)
  return row
}

/** A wallet that never logged in must still find its address free as its name. */
const isForeignAddress = ({ name, address }: NewAccount): boolean =>
  /^0x[0-9a-f]{40}$/i.test(name) && name.toLowerCase() !== address?.toLowerCase()

/** Finds by name, whatever the letter case. */
export const byName = async (db: Db, name: string): Promise<Account | undefined> =>
  (await db.select().from(accounts).where(eq(accounts.key, name.toLowerCase())))[0]

/** The user of a wallet address. */
export const byAddress = async (db: Db, address: Hex): Promise<Account | undefined> =>
  (await db.select().from(accounts).where(eq(accounts.address, address.toLowerCase())))[0]

/** The user of this wallet; a new one is named after the address, or `name` where that is free. */
export const ofWallet = async (db: Db, address: Hex, name: string | undefined, now: Date): Promise<Account> => {
  const known = await byAddress(db, address)
  if (known) return known
  try {
    return await create(db, { kind: 'user', name: name ?? address.toLowerCase(), address }, now)
  } catch (error) {
    // Two logins at once: the other one made the account.
    const other = error instanceof NameTaken ? await byAddress(db, address) : undefined
    if (other) return other
    throw error
  }
}

/** Binds a wallet to a user who has none. Throws `Conflict` where either is bound already. */
export const bindWallet = async (db: Db, user: Account, address: Hex): Promise<Account> => {
  if (user.address === address.toLowerCase()) return user
  const taken = user.address !== null || (await byAddress(db, address)) !== undefined
  if (taken)
    throw new Conflict(`The user ${user.name} or the wallet ${address} is bound already.`, { code: 'wallet_bound' })
  const [row] = await db
    .update(accounts)
    .set({ address: address.toLowerCase() })
    .where(eq(accounts.id, user.id))
    .returning()
  return row as Account
}

/** Adds a user to an organisation or changes their role. */
export const setMember = async (db: Db, org: Account, user: Account, role: Role): Promise<void> => {
  if (org.kind !== 'org' || user.kind !== 'user') {
    throw new BadInput(`${org.name} must be an organisation and ${user.name} a user.`, { code: 'bad_member' })
  }
  await db
    .insert(members)
    .values({ orgId: org.id, userId: user.id, role })
    .onConflictDoUpdate({ target: [members.orgId, members.userId], set: { role } })
}

/** The organisations a user belongs to. */
export const memberships = async (db: Db, userId: string): Promise<Membership[]> => {
  const rows = await db
    .select({ org: accounts, role: members.role })
    .from(members)
    .innerJoin(accounts, eq(accounts.id, members.orgId))
    .where(eq(members.userId, userId))
    .orderBy(accounts.key)
  return rows
}

/** The user's role in the account that owns a repository: `owner` for their own, undefined for strangers. */
export const roleIn = async (db: Db, ownerId: string, userId: string): Promise<Role | 'owner' | undefined> => {
  if (ownerId === userId) return 'owner'
  const [row] = await db
    .select({ role: members.role })
    .from(members)
    .where(and(eq(members.orgId, ownerId), eq(members.userId, userId)))
  return row?.role
}

/** Ids of all accounts whose private repositories the user may read. */
export const readableOwners = async (db: Db, userId: string): Promise<string[]> => {
  const rows = await db.select({ id: members.orgId }).from(members).where(eq(members.userId, userId))
  return [userId, ...rows.map(({ id }) => id)]
}

/** The name belongs to somebody else, or to the hub itself. */
export class NameTaken extends Conflict {
  constructor(name: string) {
    super(`The name "${name}" is taken.`, { code: 'name_taken', hint: 'Choose another name.' })
  }
}
