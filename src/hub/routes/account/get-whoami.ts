import { Account } from '../../../catalog/index.ts'
import { type Route, requireHolder } from '../../request.ts'

/** Who the token belongs to and what it may do. */
export const getWhoami: Route = (app, { catalog }) => {
  app.get('/api/whoami-v2', async (request) => {
    const { user, token } = requireHolder(request)
    const orgs = await Account.memberships(catalog.db, user.id)
    return {
      type: 'user',
      id: user.id,
      name: user.name,
      fullname: user.fullname,
      email: user.email,
      emailVerified: user.email !== null,
      canPay: false,
      isPro: user.plan !== 'free',
      avatarUrl: null,
      address: user.address,
      orgs: orgs.map(({ org, role }) => ({
        type: 'org',
        id: org.id,
        name: org.name,
        fullname: org.fullname,
        roleInOrg: role,
        isEnterprise: org.plan === 'enterprise',
        avatarUrl: null,
      })),
      auth: {
        type: 'access_token',
        accessToken: {
          displayName: token.name,
          role: token.repos === null ? token.scope : 'fineGrained',
          createdAt: token.createdAt.toISOString(),
        },
      },
    }
  })
}
