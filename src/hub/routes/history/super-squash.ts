import type { FastifyRequest } from 'fastify'
import { Commit, GitObject, Ref, Tree } from '../../../catalog/index.ts'
import { type RepoId, Struct } from '../../../core/index.ts'
import { HistoryWire } from '../../../wire/index.ts'
import { authorOf } from '../../authorship.ts'
import type { HubContext } from '../../context.ts'
import { hooks } from '../../landing.ts'
import { assertWritable, paramsOf, places, type Route, readableRepo } from '../../request.ts'

/** Replaces the history of a branch by one commit with the same files. */
export const superSquash: Route = (app, context) => {
  for (const { type, api } of places) {
    app.post(`${api}/:ns/:name/super-squash/:rev`, (request, reply) =>
      squash(context, request, type).then(() => reply.code(200).send()),
    )
  }
}

const squash = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType): Promise<void> => {
  const { db } = context.catalog
  const repo = await readableRepo(context, request, type)
  const holder = await assertWritable(context, request, repo)
  const { message } = Struct.parseWith(HistoryWire.SuperSquash, request.body ?? {}, 'request to squash')
  const branch = (paramsOf(request).rev ?? 'main').replace(/^refs\/heads\//, '')
  const ref = `refs/heads/${branch === 'HEAD' ? 'main' : branch}`
  const from = ref.includes('\0') ? undefined : (await Ref.byName(db, repo.id, [ref])).get(ref)?.oid
  const head = from && (await Tree.commitAt(db, repo.id, from))
  if (!head) throw new Ref.NoSuchRef(branch)
  const now = context.clock()
  const bytes = GitObject.encodeCommit({
    tree: head.tree,
    parents: [],
    author: authorOf(holder),
    message: message || `Super-squash branch '${branch}'`,
    at: Math.floor(now.getTime() / 1000),
  })
  const oid = GitObject.oid('commit', bytes)
  await Commit.land(db, repo, {
    objects: [{ oid, kind: 'commit', bytes }],
    blobs: [],
    moves: [{ ref, from: head.oid, to: oid }],
    actorId: holder.user.id,
    now,
    ...hooks(context),
  })
}
