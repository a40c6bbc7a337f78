import { and, asc, eq, gt } from 'drizzle-orm'
import { BadInput, Conflict, NotFound } from '../core/index.ts'
import * as Account from './Account.ts'
import type { Db } from './database.ts'
import { accounts, members } from './tables/index.ts'

export type NewOrganization = { name: string; fullname?: string | undefined; details?: string | undefined }

/** Creates an organisation whose first admin is its creator. Throws `BadInput` and `NameTaken`. */
export const create = (db: Db, input: NewOrganization, creator: Account.Account, now: Date): Promise<Account.Account> =>
  db.transaction(async (tx) => {
    const org = await Account.create(tx, { ...input, kind: 'org' }, now)
    await Account.setMember(tx, org, creator, 'admin')
    return org
  })

export type Member = { account: Account.Account; role: Account.Role }

/** One page of the members, by name. */
export const listMembers = (
  db: Db,
  org: Account.Account,
  page: { limit: number; after?: string | undefined },
): Promise<Member[]> =>
  db
    .select({ account: accounts, role: members.role })
    .from(members)
    .innerJoin(accounts, eq(accounts.id, members.userId))
    .where(and(eq(members.orgId, org.id), page.after === undefined ? undefined : gt(accounts.key, page.after)))
    .orderBy(asc(accounts.key))
    .limit(page.limit)

/** Adds a member, or gives them another role. Throws {@link LastAdmin}. */
export const setMember = (db: Db, org: Account.Account, user: Account.Account, role: Account.Role): Promise<void> =>
  exclusively(db, org, async (tx) => {
    if (role !== 'admin') await assertOtherAdmin(tx, org, user)
    await Account.setMember(tx, org, user, role)
  })

/** Ends a membership. Throws {@link LastAdmin} and {@link NotAMember}. */
export const removeMember = (db: Db, org: Account.Account, user: Account.Account): Promise<void> =>
  exclusively(db, org, async (tx) => {
    await assertOtherAdmin(tx, org, user)
    const { rowCount } = await tx.delete(members).where(and(eq(members.orgId, org.id), eq(members.userId, user.id)))
    if (!rowCount) throw new NotAMember(org, user)
  })

/** One change of members at a time, so that two admins cannot remove each other. */
const exclusively = (db: Db, org: Account.Account, work: (tx: Db) => Promise<void>): Promise<void> =>
  db.transaction(async (tx) => {
    await tx.select({ id: accounts.id }).from(accounts).where(eq(accounts.id, org.id)).for('update')
    await work(tx)
  })

const assertOtherAdmin = async (tx: Db, org: Account.Account, user: Account.Account): Promise<void> => {
  const admins = await tx
    .select({ userId: members.userId })
    .from(members)
    .where(and(eq(members.orgId, org.id), eq(members.role, 'admin')))
    .limit(2)
  if (admins.length === 1 && admins[0]?.userId === user.id) throw new LastAdmin(org)
}

export type OrganizationChange = {
  fullname?: string | undefined
  details?: string | undefined
  defaultVisibility?: Account.Account['defaultVisibility'] | undefined
}

/** Changes what an organisation says about itself. */
export const update = async (db: Db, org: Account.Account, change: OrganizationChange): Promise<Account.Account> => {
  if (Object.values(change).every((value) => value === undefined)) return org
  const [row] = await db.update(accounts).set(change).where(eq(accounts.id, org.id)).returning()
  return row ?? org
}

/** An organisation keeps at least one admin. */
export class LastAdmin extends Conflict {
  constructor(org: Account.Account) {
    super(`${org.name} would be left without an admin.`, {
      code: 'last_admin',
      hint: 'Make somebody else an admin first.',
    })
  }
}

export class NotAMember extends NotFound {
  constructor(org: Account.Account, user: Account.Account) {
    super(`${user.name} is no member of ${org.name}.`, { code: 'not_a_member' })
  }
}

/** No organisation has this name. */
export class OrganizationNotFound extends NotFound {
  constructor(name: string) {
    super(`There is no organisation "${name.slice(0, 96)}".`, { code: 'organization_not_found' })
  }
}

/** A wish that only makes sense for an organisation, or only for a person. */
export class WrongKind extends BadInput {
  constructor(account: Account.Account) {
    super(`${account.name} is ${account.kind === 'org' ? 'an organisation' : 'a person'}.`, { code: 'wrong_kind' })
  }
}
