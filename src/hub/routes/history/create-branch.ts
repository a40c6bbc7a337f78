import type { FastifyRequest } from 'fastify'
import { Commit, GitObject, Ref } from '../../../catalog/index.ts'
import { type RepoId, Struct } from '../../../core/index.ts'
import { HistoryWire } from '../../../wire/index.ts'
import { authorOf } from '../../authorship.ts'
import type { HubContext } from '../../context.ts'
import { hooks } from '../../landing.ts'
import { assertWritable, commitOf, places, type Route, readableRepo } from '../../request.ts'

/** A branch at a revision (the main branch unless said), or an empty one. */
export const createBranch: Route = (app, context) => {
  for (const { type, api } of places) {
    app.post(`${api}/:ns/:name/branch/*`, (request, reply) =>
      create(context, request, type).then(() => reply.code(200).send()),
    )
  }
}

/** The branch a URL names; its slashes may be escaped or not. */
export const branchOf = (request: FastifyRequest): string => `refs/heads/${(request.params as { '*': string })['*']}`

const create = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType): Promise<void> => {
  const repo = await readableRepo(context, request, type)
  const holder = await assertWritable(context, request, repo)
  const wish = Struct.parseWith(HistoryWire.CreateBranch, request.body ?? {}, 'request for a branch')
  const ref = branchOf(request)
  Ref.assertName(ref)
  const { db } = context.catalog
  const now = context.clock()
  const from = wish.overwrite ? {} : { from: '' }
  const empty = wish.emptyBranch ? emptyCommit(authorOf(holder), now) : undefined
  const to = empty?.oid ?? (await commitOf(context, repo, wish.startingPoint ?? 'main')).oid
  await Commit.land(db, repo, {
    objects: empty?.objects ?? [],
    blobs: [],
    moves: [{ ref, to, ...from }],
    actorId: holder.user.id,
    now,
    ...hooks(context),
  })
}

/** A beginning of its own, without files. */
const emptyCommit = (author: GitObject.Author, now: Date): { oid: string; objects: Commit.GitRow[] } => {
  const tree = GitObject.encodeTree([])
  const treeOid = GitObject.oid('tree', tree)
  const at = Math.floor(now.getTime() / 1000)
  const bytes = GitObject.encodeCommit({ tree: treeOid, parents: [], author, message: 'initial commit', at })
  const oid = GitObject.oid('commit', bytes)
  return {
    oid,
    objects: [
      { oid: treeOid, kind: 'tree', bytes: tree },
      { oid, kind: 'commit', bytes },
    ],
  }
}
