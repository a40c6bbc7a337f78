import type { FastifyRequest } from 'fastify'
import { Commit } from '../../../catalog/index.ts'
import type { RepoId } from '../../../core/index.ts'
import type { HubContext } from '../../context.ts'
import { hooks } from '../../landing.ts'
import { assertWritable, places, type Route, readableRepo } from '../../request.ts'

/** Deletes a branch or a tag; the commits stay reachable by their id. */
export const deleteRef: Route = (app, context) => {
  for (const { type, api } of places) {
    for (const [kind, prefix] of [
      ['branch', 'refs/heads/'],
      ['tag', 'refs/tags/'],
    ]) {
      app.delete(`${api}/:ns/:name/${kind}/*`, (request, reply) =>
        remove(context, request, type, `${prefix}${(request.params as { '*': string })['*']}`).then(() =>
          reply.code(200).send(),
        ),
      )
    }
  }
}

const remove = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType, ref: string) => {
  const repo = await readableRepo(context, request, type)
  const holder = await assertWritable(context, request, repo)
  await Commit.land(context.catalog.db, repo, {
    objects: [],
    blobs: [],
    moves: [{ ref, to: '' }],
    actorId: holder.user.id,
    now: context.clock(),
    ...hooks(context),
  })
}
