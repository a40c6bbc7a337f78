import type { FastifyRequest } from 'fastify'
import { type Db, Discussion } from '../../../catalog/index.ts'
import { type RepoId, Struct } from '../../../core/index.ts'
import { CommunityWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import * as DiscussionView from '../../DiscussionView.ts'
import { places, type Route } from '../../request.ts'
import { announce } from '../../webhooks/announce.ts'
import { assertOwnOrWritable, discussionToChange, type InDiscussion, NotYours } from './discussion-of.ts'

/** Edits one's own comment, or hides a comment for good. */
export const changeComment: Route = (app, context) => {
  for (const { type, api } of places) {
    const url = `${api}/:ns/:name/discussions/:num/comment/:comment`
    app.post(`${url}/edit`, (request) => edit(context, request, type))
    app.post(`${url}/hide`, (request) => hide(context, request, type))
  }
}

const commentOf = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType) => {
  const found = await discussionToChange(context, request, type)
  const { comment = '' } = request.params as { comment?: string }
  return { ...found, event: await Discussion.commentOf(context.catalog.db, found.discussion.id, comment) }
}

const tell = async (
  context: HubContext,
  tx: Db,
  { repo, discussion }: InDiscussion,
  comment: Discussion.Event,
): Promise<Discussion.Event> => {
  await announce(context, tx, repo, { action: 'update', scope: 'discussion.comment' }, { discussion, comment })
  return comment
}

const edit = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType) => {
  const { event, holder, ...found } = await commentOf(context, request, type)
  const { content } = Struct.parseWith(CommunityWire.EditComment, request.body, 'comment')
  if (event.authorId !== holder.user.id) throw new NotYours()
  const changed = await context.catalog.db.transaction(async (tx) =>
    tell(context, tx, found, await Discussion.editComment(tx, event, content, context.clock())),
  )
  return { updatedComment: DiscussionView.describeEvent(changed) }
}

const hide = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType) => {
  const { event, holder, ...found } = await commentOf(context, request, type)
  await assertOwnOrWritable(context, found.repo, holder, event.authorId)
  const changed = await context.catalog.db.transaction(async (tx) =>
    tell(context, tx, found, await Discussion.hideComment(tx, event, context.clock())),
  )
  return { updatedComment: DiscussionView.describeEvent(changed) }
}
