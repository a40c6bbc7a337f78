import type { FastifyRequest } from 'fastify'
import { Account, Organization, Token } from '../catalog/index.ts'
import { NotFound, NotPermitted } from '../core/index.ts'
import type { HubContext } from './context.ts'
import { originOf, requireHolder } from './request.ts'

/** Where the picture of an account is: drawn from its name by this hub, so that looking at people tells nobody else. */
export const avatarUrl = (context: HubContext, request: FastifyRequest, account: Account.Account): string =>
  `${originOf(context, request)}/avatars/${encodeURIComponent(account.key)}.svg`

/** A person or an organisation in a list of likers, followers or members. */
export const personOf = (context: HubContext, request: FastifyRequest, account: Account.Account) => ({
  _id: account.id,
  user: account.name,
  fullname: account.fullname,
  type: account.kind,
  avatarUrl: avatarUrl(context, request, account),
  isPro: account.kind === 'user' && account.plan !== 'free',
})

/** The account of the URL. Throws {@link AccountNotFound}. */
export const accountOf = async (
  context: HubContext,
  request: FastifyRequest,
  kind?: Account.Account['kind'],
): Promise<Account.Account> => {
  const { user, org } = request.params as { user?: string; org?: string }
  return accountNamed(context, user ?? org ?? '', kind)
}

export const accountNamed = async (
  context: HubContext,
  name: string,
  kind?: Account.Account['kind'],
): Promise<Account.Account> => {
  const account = name.includes('\0') ? undefined : await Account.byName(context.catalog.db, name)
  if (account && (kind === undefined || account.kind === kind)) return account
  throw kind === 'org' ? new Organization.OrganizationNotFound(name) : new AccountNotFound(name)
}

/** Asserts that the caller may run this organisation. Throws {@link NotAnAdmin}. */
export const assertAdmin = async (
  context: HubContext,
  request: FastifyRequest,
  org: Account.Account,
): Promise<Token.Holder> => {
  const holder = requireHolder(request)
  const role = await Account.roleIn(context.catalog.db, org.id, holder.user.id)
  if (role !== 'admin' || !Token.may(holder.token, 'org.write', org.key)) throw new NotAnAdmin(org.name)
  return holder
}

/** Nobody has this name here. */
export class AccountNotFound extends NotFound {
  constructor(name: string) {
    super(`There is nobody called "${name.slice(0, 96)}" here.`, { code: 'account_not_found' })
  }
}

/** Only admins of an organisation may do this. */
export class NotAnAdmin extends NotPermitted {
  constructor(org: string) {
    super(`Only an admin of ${org} may do this.`, { code: 'not_an_admin', hint: 'Ask an admin of the organisation.' })
  }
}
