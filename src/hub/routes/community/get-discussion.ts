import type { FastifyRequest } from 'fastify'
import { Discussion, Ref } from '../../../catalog/index.ts'
import type { RepoId } from '../../../core/index.ts'
import type { HubContext } from '../../context.ts'
import * as DiscussionView from '../../DiscussionView.ts'
import { mayDownload } from '../../Gate.ts'
import * as PullRequest from '../../PullRequest.ts'
import { flagParam, places, type Route } from '../../request.ts'
import { discussionOf } from './discussion-of.ts'

/** One discussion with all that happened in it; of a pull request with `diff=1` also its changes and conflicts. */
export const getDiscussion: Route = (app, context) => {
  for (const { type, api } of places) {
    app.get(`${api}/:ns/:name/discussions/:num`, (request) => get(context, request, type))
  }
}

const get = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType) => {
  const { repo, discussion } = await discussionOf(context, request, type)
  const events = await Discussion.events(context.catalog.db, discussion.id)
  const all = { ...DiscussionView.describe(repo, discussion), events: events.map(DiscussionView.describeEvent) }
  if (!discussion.isPullRequest) return all
  const { mergeCommit } = discussion
  const changes = { base: Ref.main, ...(mergeCommit === null ? {} : { mergeCommitId: mergeCommit }) }
  // The changes are the files' contents, which a gate may keep.
  const shown = flagParam(request, 'diff') && (await mayDownload(context, repo, request.holder))
  const details = shown ? await PullRequest.details(context, repo, discussion) : { filesWithConflicts: false }
  return { ...all, changes, ...details }
}
