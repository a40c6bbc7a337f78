import { Discussion } from '../../../catalog/index.ts'
import { Struct } from '../../../core/index.ts'
import { CommunityWire } from '../../../wire/index.ts'
import * as DiscussionView from '../../DiscussionView.ts'
import { places, type Route } from '../../request.ts'
import { announce } from '../../webhooks/announce.ts'
import { discussionToChange } from './discussion-of.ts'

/** Says something in a discussion. */
export const addComment: Route = (app, context) => {
  for (const { type, api } of places) {
    app.post(`${api}/:ns/:name/discussions/:num/comment`, async (request) => {
      const { repo, discussion, holder } = await discussionToChange(context, request, type)
      const { comment } = Struct.parseWith(CommunityWire.AddComment, request.body, 'comment')
      const { db } = context.catalog
      const event = await db.transaction(async (tx) => {
        const made = await Discussion.addComment(tx, discussion.id, holder.user.id, comment, context.clock())
        const details = { discussion, comment: made }
        await announce(context, tx, repo, { action: 'create', scope: 'discussion.comment' }, details)
        return made
      })
      return { newMessage: DiscussionView.describeEvent(event) }
    })
  }
}
