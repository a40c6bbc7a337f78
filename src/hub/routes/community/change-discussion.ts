import type { FastifyRequest } from 'fastify'
import { Discussion } from '../../../catalog/index.ts'
import { type RepoId, Struct } from '../../../core/index.ts'
import { CommunityWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import * as DiscussionView from '../../DiscussionView.ts'
import { places, type Route } from '../../request.ts'
import { announceChange } from '../../webhooks/announce.ts'
import { assertOwnOrWritable, discussionToChange } from './discussion-of.ts'

/** Gives a discussion another title, closes it or opens it again. */
export const changeDiscussion: Route = (app, context) => {
  for (const { type, api } of places) {
    app.post(`${api}/:ns/:name/discussions/:num/title`, (request) => setTitle(context, request, type))
    app.post(`${api}/:ns/:name/discussions/:num/status`, (request) => setStatus(context, request, type))
  }
}

const setTitle = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType) => {
  const { repo, discussion, holder } = await discussionToChange(context, request, type)
  const { title } = Struct.parseWith(CommunityWire.SetTitle, request.body, 'title')
  await assertOwnOrWritable(context, repo, holder, discussion.authorId)
  const event = await context.catalog.db.transaction(async (tx) => {
    const made = await Discussion.setTitle(tx, discussion, title, holder.user.id, context.clock())
    await announceChange(context, tx, repo, discussion.num)
    return made
  })
  return { newTitle: DiscussionView.describeEvent(event) }
}

const setStatus = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType) => {
  const { repo, discussion, holder } = await discussionToChange(context, request, type)
  const { status, comment } = Struct.parseWith(CommunityWire.SetStatus, request.body, 'status')
  await assertOwnOrWritable(context, repo, holder, discussion.authorId)
  const now = context.clock()
  const event = await context.catalog.db.transaction(async (tx) => {
    if (comment) await Discussion.addComment(tx, discussion.id, holder.user.id, comment, now)
    const made = await Discussion.setStatus(tx, discussion, status, holder.user.id, now)
    await announceChange(context, tx, repo, discussion.num)
    return made
  })
  return { newStatus: DiscussionView.describeEvent(event) }
}
