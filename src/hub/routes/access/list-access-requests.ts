import type { FastifyReply, FastifyRequest } from 'fastify'
import { AccessRequest } from '../../../catalog/index.ts'
import type { RepoId } from '../../../core/index.ts'
import { personOf } from '../../accounts.ts'
import type { HubContext } from '../../context.ts'
import { pageOf, showPage } from '../../paging.ts'
import { places, type Route } from '../../request.ts'
import { keptGate } from './kept-gate.ts'

/** Who waits, was let in, or was refused; for those who may change the repository. */
export const listAccessRequests: Route = (app, context) => {
  for (const { type, api } of places) {
    for (const status of ['pending', 'accepted', 'rejected'] as const) {
      app.get(`${api}/:ns/:name/user-access-request/${status}`, (request, reply) =>
        list(context, request, reply, type, status),
      )
    }
  }
}

const list = async (
  context: HubContext,
  request: FastifyRequest,
  reply: FastifyReply,
  type: RepoId.RepoType,
  status: AccessRequest.Status,
) => {
  const { repo } = await keptGate(context, request, type, 'repo.access.read')
  const page = pageOf(request)
  const rows = await AccessRequest.list(context.catalog.db, repo.id, status, page)
  return showPage(context, request, reply, page, rows, ({ account }) => account.id).map((row) => ({
    // Asking shares the address with those who decide, as the form of the Hub says too.
    user: { ...personOf(context, request, row.account), email: row.account.email },
    status,
    timestamp: row.request.createdAt.toISOString(),
    ...(row.request.fields ? { fields: row.request.fields } : {}),
    ...(row.request.reason === null ? {} : { rejectionReason: row.request.reason }),
  }))
}
