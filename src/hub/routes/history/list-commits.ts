import type { FastifyReply, FastifyRequest } from 'fastify'
import { History, type Tree } from '../../../catalog/index.ts'
import type { RepoId } from '../../../core/index.ts'
import type { HubContext } from '../../context.ts'
import { escapeHtml } from '../../escape-html.ts'
import * as FileInfo from '../../FileInfo.ts'
import {
  commitOf,
  linkNext,
  listParam,
  numberParam,
  pageParam,
  paramsOf,
  places,
  type Route,
  readableRepo,
} from '../../request.ts'

/** The history of a revision, newest first. */
export const listCommits: Route = (app, context) => {
  for (const { type, api } of places) {
    // Some clients leave the slashes of a revision as they are.
    app.get(`${api}/:ns/:name/commits/*`, (request, reply) => list(context, request, reply, type))
  }
}

const list = async (context: HubContext, request: FastifyRequest, reply: FastifyReply, type: RepoId.RepoType) => {
  const { db } = context.catalog
  const repo = await readableRepo(context, request, type)
  const from = await commitOf(context, repo, paramsOf(request)['*'])
  const size = numberParam(request, 'limit', 50, 1000)
  const page = pageParam(request)
  const total = await History.count(db, repo.id, from.oid)
  reply.header('x-total-count', total)
  if (total > (page + 1) * size) linkNext(context, request, reply, { p: String(page + 1) })
  const formatted = listParam(request, 'expand').includes('formatted')
  const commits = page * size < total ? await History.page(db, repo.id, from.oid, page * size, size) : []
  return commits.map((commit) => describe(commit, formatted))
}

const describe = (commit: Tree.Found, formatted: boolean) => {
  const { id, title, message, date } = FileInfo.titled(commit)
  return {
    ...{ id, title, message, date },
    authors: [{ user: commit.author.name }],
    ...(formatted ? { formatted: { title: escapeHtml(title), message: escapeHtml(message) } } : {}),
  }
}
