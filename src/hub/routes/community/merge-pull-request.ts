import { Struct } from '../../../core/index.ts'
import { CommunityWire } from '../../../wire/index.ts'
import * as PullRequest from '../../PullRequest.ts'
import { assertWritable, places, type Route } from '../../request.ts'
import { discussionOf } from './discussion-of.ts'

/** Merges a pull request into the main branch. */
export const mergePullRequest: Route = (app, context) => {
  for (const { type, api } of places) {
    app.post(`${api}/:ns/:name/discussions/:num/merge`, async (request) => {
      const { repo, discussion } = await discussionOf(context, request, type)
      const holder = await assertWritable(context, request, repo)
      const { comment } = Struct.parseWith(CommunityWire.Merge, request.body ?? {}, 'merge')
      await PullRequest.merge(context, { repo, num: discussion.num, holder, comment: comment ?? undefined })
      return { success: true }
    })
  }
}
