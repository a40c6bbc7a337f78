import type { FastifyRequest } from 'fastify'
import { Account, Follow, Overview } from '../../../catalog/index.ts'
import { accountOf, avatarUrl } from '../../accounts.ts'
import type { HubContext } from '../../context.ts'
import type { Route } from '../../request.ts'

/** What is known about a person or an organisation. Counts hold only what the caller may see. */
export const getOverview: Route = (app, context) => {
  app.get('/api/users/:user/overview', async (request) => {
    const user = await accountOf(context, request, 'user')
    const orgs = await Account.memberships(context.catalog.db, user.id)
    return {
      ...(await common(context, request, user)),
      user: user.name,
      isPro: user.plan !== 'free',
      orgs: orgs.map(({ org }) => ({
        name: org.name,
        fullname: org.fullname,
        avatarUrl: avatarUrl(context, request, org),
      })),
    }
  })
  app.get('/api/organizations/:org/overview', async (request) => {
    const org = await accountOf(context, request, 'org')
    return { ...(await common(context, request, org)), name: org.name, isVerified: false, plan: org.plan }
  })
}

const common = async (context: HubContext, request: FastifyRequest, account: Account.Account) => {
  const { db } = context.catalog
  const { holder } = request
  return {
    _id: account.id,
    type: account.kind,
    fullname: account.fullname,
    avatarUrl: avatarUrl(context, request, account),
    details: account.details,
    createdAt: account.createdAt.toISOString(),
    isFollowing: holder !== undefined && (await Follow.isFollowing(db, holder.user.id, account.id)),
    ...(await Overview.counts(db, account, holder)),
  }
}
