import { Account, type Token } from '../../../catalog/index.ts'
import { avatarUrl } from '../../accounts.ts'
import { type Route, requireHolder } from '../../request.ts'

/** Who the token belongs to and what it may do. */
export const getWhoami: Route = (app, context) => {
  app.get('/api/whoami-v2', async (request) => {
    const { user, token } = requireHolder(request)
    const picture = (account: Account.Account) => avatarUrl(context, request, account)
    const orgs = await Account.memberships(context.catalog.db, user.id)
    return {
      type: 'user',
      id: user.id,
      name: user.name,
      fullname: user.fullname,
      email: user.email,
      emailVerified: user.email !== null,
      canPay: false,
      periodEnd: null,
      isPro: user.plan !== 'free',
      billingMode: 'prepaid',
      avatarUrl: picture(user),
      address: user.address,
      orgs: orgs.map((membership) => ({ ...orgOf(membership), avatarUrl: picture(membership.org) })),
      auth: authOf(token, orgs),
    }
  })
}

const orgOf = ({ org, role }: Account.Membership) => ({
  type: 'org',
  id: org.id,
  name: org.name,
  fullname: org.fullname,
  email: null,
  canPay: false,
  periodEnd: null,
  roleInOrg: role,
  isEnterprise: org.plan === 'enterprise',
  plan: org.plan,
})

/** Tokens of programs have no name of their own: clients call them after the user, as with the Hub. */
const authOf = (token: Token.Token, orgs: Account.Membership[]) => ({
  type: token.grantId === null ? 'access_token' : 'oauth',
  ...(token.expiresAt ? { expiresAt: token.expiresAt.toISOString() } : {}),
  accessToken: {
    ...(token.grantId === null ? { displayName: token.name } : {}),
    role: token.scope,
    createdAt: token.createdAt.toISOString(),
    ...(token.rights ? { fineGrained: fineGrained(token.rights, orgs) } : {}),
  },
})

const fineGrained = (rights: NonNullable<Token.Token['rights']>, orgs: Account.Membership[]) => ({
  canReadGatedRepos: rights.canReadGatedRepos,
  global: rights.global,
  scoped: rights.scoped.map(({ entity, permissions }) => ({ entity: entityOf(entity, orgs), permissions })),
})

const entityOf = (key: string, orgs: Account.Membership[]) => {
  const [type, name] = key.split(':')
  if (name !== undefined) return { type, name }
  return { type: orgs.some(({ org }) => org.key === key) ? 'org' : 'user', name: key }
}
