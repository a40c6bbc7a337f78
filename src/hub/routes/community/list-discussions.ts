import { Discussion } from '../../../catalog/index.ts'
import { BadInput } from '../../../core/index.ts'
import * as DiscussionView from '../../DiscussionView.ts'
import { numberParam, pageParam, places, type Route, readableRepo, textParam } from '../../request.ts'

const types = { all: undefined, discussion: false, pull_request: true } as const
const statuses: Record<string, Discussion.Status[] | undefined> = {
  all: undefined,
  open: ['open', 'draft'],
  closed: ['closed', 'merged'],
  draft: ['draft'],
  merged: ['merged'],
}

/** Discussions and pull requests of a repository, newest first; `p` counts pages from 0. */
export const listDiscussions: Route = (app, context) => {
  for (const { type, api } of places) {
    app.get(`${api}/:ns/:name/discussions`, async (request) => {
      const repo = await readableRepo(context, request, type)
      const limit = numberParam(request, 'limit', 50, 100)
      const start = pageParam(request) * limit
      const { discussions, count } = await Discussion.list(context.catalog.db, repo.id, {
        pullRequests: choice(types, 'type', textParam(request, 'type')),
        statuses: choice(statuses, 'status', textParam(request, 'status')),
        author: textParam(request, 'author')?.replaceAll('\0', ''),
        skip: start,
        limit,
      })
      return { discussions: discussions.map((item) => DiscussionView.describe(repo, item)), count, start }
    })
  }
}

const choice = <T>(options: Record<string, T>, name: string, given: string | undefined): T | undefined => {
  if (given === undefined || given === '') return undefined
  if (Object.hasOwn(options, given)) return options[given]
  throw new BadInput(`The query parameter ${name} is "${given.slice(0, 40)}".`, {
    code: 'bad_query',
    hint: `Use one of ${Object.keys(options).join(', ')}.`,
  })
}
