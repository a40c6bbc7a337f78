import type { FastifyReply, FastifyRequest } from 'fastify'
import { Account, Overview, Repo } from '../../../catalog/index.ts'
import { NotPermitted, RepoId } from '../../../core/index.ts'
import { accountOf } from '../../accounts.ts'
import type { HubContext } from '../../context.ts'
import { pageOf, showPage } from '../../paging.ts'
import { type Route, requireHolder } from '../../request.ts'

/** The repositories of the caller, or of an organisation they belong to, with the storage they use. */
export const listOwnRepos: Route = (app, context) => {
  app.get('/api/settings/repositories', (request, reply) => {
    const { user } = requireHolder(request)
    return list(context, request, reply, user)
  })
  app.get('/api/organizations/:org/settings/repositories', async (request, reply) => {
    const org = await accountOf(context, request, 'org')
    const { user } = requireHolder(request)
    if (!(await Account.roleIn(context.catalog.db, org.id, user.id))) throw new NotAMember(org.name)
    return list(context, request, reply, org)
  })
}

const list = async (context: HubContext, request: FastifyRequest, reply: FastifyReply, owner: Account.Account) => {
  const { db } = context.catalog
  const page = pageOf(request)
  const { rows, total } = await Overview.reposOf(db, owner, request.holder, page)
  const shown = showPage(context, request, reply, page, rows, ({ repo }) => repo.id)
  return shown.map(({ repo }) => ({
    id: RepoId.format(Repo.idOf(repo)),
    type: repo.type,
    updatedAt: repo.updatedAt.toISOString(),
    visibility: repo.visibility,
    storage: repo.usedStorage,
    storagePercent: total === 0 ? 0 : repo.usedStorage / total,
  }))
}

/** Only members see what an organisation has in all. */
class NotAMember extends NotPermitted {
  constructor(org: string) {
    super(`Only members of ${org} may see this.`, { code: 'not_a_member' })
  }
}
