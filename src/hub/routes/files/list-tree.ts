import type { FastifyReply, FastifyRequest } from 'fastify'
import { Tree } from '../../../catalog/index.ts'
import type { RepoId } from '../../../core/index.ts'
import type { HubContext } from '../../context.ts'
import { EntryNotFound } from '../../errors.ts'
import * as FileInfo from '../../FileInfo.ts'
import {
  commitOf,
  flagParam,
  linkNext,
  numberParam,
  paramsOf,
  places,
  type Route,
  readableRepo,
  textParam,
} from '../../request.ts'

/** Files and folders at a revision, below a folder, a page at a time. */
export const listTree: Route = (app, context) => {
  for (const { type, api } of places) {
    const handler = (request: FastifyRequest, reply: FastifyReply) => list(context, request, reply, type)
    app.get(`${api}/:ns/:name/tree/:rev`, handler)
    app.get(`${api}/:ns/:name/tree/:rev/*`, handler)
  }
}

const list = async (context: HubContext, request: FastifyRequest, reply: FastifyReply, type: RepoId.RepoType) => {
  const { db } = context.catalog
  const repo = await readableRepo(context, request, type)
  const { rev, '*': rest = '' } = paramsOf(request)
  const commit = await commitOf(context, repo, rev)
  const path = rest.replace(/\/+$/, '')
  const folder = await Tree.at(db, repo.id, commit.tree, path)
  if (folder?.type !== 'directory') throw new EntryNotFound(path, commit.oid)
  const expanded = flagParam(request, 'expand')
  const size = numberParam(request, 'limit', 1000, expanded ? 50 : 1000)
  const cursor = textParam(request, 'cursor')
  const nodes = await Tree.page(db, repo.id, folder, {
    recursive: flagParam(request, 'recursive'),
    after: cursor === undefined ? undefined : Buffer.from(cursor, 'base64url').toString(),
    limit: size + 1,
  })
  const page = nodes.slice(0, size)
  const last = page.at(-1)
  if (nodes.length > size && last) {
    linkNext(context, request, reply, { cursor: Buffer.from(Tree.keyOf(last)).toString('base64url') })
  }
  reply.header('x-repo-commit', commit.oid)
  return FileInfo.describe(db, repo, commit, page, expanded)
}
