import type { Route } from '../../request.ts'
import { addComment } from './add-comment.ts'
import { changeComment } from './change-comment.ts'
import { changeDiscussion } from './change-discussion.ts'
import { createDiscussion } from './create-discussion.ts'
import { getDiscussion } from './get-discussion.ts'
import { listDiscussions } from './list-discussions.ts'
import { mergePullRequest } from './merge-pull-request.ts'
import { webhookDeliveries, webhooks } from './webhooks.ts'

export const communityRoutes: Route[] = [
  addComment,
  changeComment,
  changeDiscussion,
  createDiscussion,
  getDiscussion,
  listDiscussions,
  mergePullRequest,
  webhookDeliveries,
  webhooks,
]
