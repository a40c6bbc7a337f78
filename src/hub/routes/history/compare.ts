import type { FastifyReply, FastifyRequest } from 'fastify'
import { History, Tree, TreeDiff } from '../../../catalog/index.ts'
import { BadInput, type RepoId } from '../../../core/index.ts'
import type { HubContext } from '../../context.ts'
import * as FileInfo from '../../FileInfo.ts'
import { assertMayDownload } from '../../Gate.ts'
import { commitOf, flagParam, places, type Route, readableRepo } from '../../request.ts'
import * as UnifiedDiff from '../../UnifiedDiff.ts'

const maxFiles = 300

/**
 * What changed between two revisions: `a..b` compares their files, `a...b` what `b` did since it left `a`. JSON, or with
 * `raw=true` one patch. At most 300 files; `truncated` says whether there are more.
 */
export const compareRevisions: Route = (app, context) => {
  for (const { type, api } of places) {
    app.get(`${api}/:ns/:name/compare/*`, (request, reply) => compare(context, request, reply, type))
  }
}

const compare = async (context: HubContext, request: FastifyRequest, reply: FastifyReply, type: RepoId.RepoType) => {
  const { db } = context.catalog
  const repo = await readableRepo(context, request, type)
  await assertMayDownload(context, request, repo)
  const [, from = '', dots, to = ''] = /^(.+?)(\.{2,3})(.+)$/.exec((request.params as { '*': string })['*']) ?? []
  if (!dots) {
    throw new BadInput('A comparison names two revisions.', {
      code: 'bad_range',
      hint: 'Ask for /compare/main...other.',
    })
  }
  const base = await commitOf(context, repo, from)
  const head = await commitOf(context, repo, to)
  const shared = await History.mergeBase(db, repo.id, base.oid, head.oid)
  const start = dots === '..' ? base : shared === undefined ? undefined : await Tree.commitAt(db, repo.id, shared)
  const { changes, complete } = await TreeDiff.of(db, repo.id, start?.tree, head.tree, maxFiles)
  const files = await UnifiedDiff.describe(context, repo, changes)
  if (flagParam(request, 'raw')) return reply.type('text/plain; charset=utf-8').send(UnifiedDiff.join(files))
  return {
    base: FileInfo.titled(base),
    head: FileInfo.titled(head),
    mergeBase: shared ?? null,
    files,
    truncated: !complete || files.some(({ diff }) => diff === undefined),
  }
}
