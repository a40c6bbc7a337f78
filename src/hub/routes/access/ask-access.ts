import type { FastifyRequest } from 'fastify'
import { AccessRequest, type Repo } from '../../../catalog/index.ts'
import { type RepoId, Struct } from '../../../core/index.ts'
import { AccessWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import { admits, formOf, mayDownload, NotGated, readForm } from '../../Gate.ts'
import { assertActs, places, type Route, readableRepo, requireHolder } from '../../request.ts'
import { notifyOfRequest } from '../../signals/notify.ts'

/** Asks for the files of a gated repository, tells the form and how one's request stands, or takes it back. */
export const askAccess: Route = (app, context) => {
  for (const { type, api, files } of places) {
    for (const url of [`${api}/:ns/:name/ask-access`, `${files}/:ns/:name/ask-access`]) {
      app.post(url, (request) => ask(context, request, type))
      app.get(url, (request) => standing(context, request, type))
      app.delete(url, (request) => withdraw(context, request, type))
    }
  }
}

const gatedRepo = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType): Promise<Repo.Repo> => {
  const repo = await readableRepo(context, request, type)
  if (repo.gated === null) throw new NotGated()
  return repo
}

const ask = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType) => {
  const repo = await gatedRepo(context, request, type)
  const { user } = assertActs(request, repo.key)
  const fields = readForm(repo, Struct.parseWith(AccessWire.AskAccess, request.body ?? {}, 'request for access'))
  const before = await AccessRequest.find(context.catalog.db, repo.id, user.id)
  const { status } = await AccessRequest.ask(
    context.catalog.db,
    { repoId: repo.id, accountId: user.id, fields, admitted: await admits(context, repo, user) },
    context.clock(),
  )
  if (status === 'pending' && before === undefined)
    await notifyOfRequest(context.catalog.db, repo, user.id, context.clock())
  return { status }
}

const standing = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType) => {
  const { db } = context.catalog
  const repo = await gatedRepo(context, request, type)
  const { user } = requireHolder(request)
  const asked = await AccessRequest.find(db, repo.id, user.id)
  return {
    gated: repo.gated,
    prompt: repo.card.extra_gated_prompt ?? null,
    fields: formOf(repo),
    status: asked?.status ?? null,
    rejectionReason: asked?.status === 'rejected' ? asked.reason : null,
    mayDownload: await mayDownload(context, repo, request.holder),
  }
}

const withdraw = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType) => {
  const repo = await gatedRepo(context, request, type)
  const { user } = assertActs(request, repo.key)
  await AccessRequest.withdraw(context.catalog.db, repo.id, user)
  return { status: null }
}
