import type { FastifyRequest } from 'fastify'
import { Commit, Discussion, Repo } from '../../../catalog/index.ts'
import { RepoId, Struct } from '../../../core/index.ts'
import { CommunityWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import { openPullRequest } from '../../open-pull-request.ts'
import { commitOf, linkPrefix, originOf, places, type Route, readableRepo } from '../../request.ts'
import { announce } from '../../webhooks/announce.ts'
import { assertMayDiscuss } from '../commits/target.ts'

/** Opens a discussion, or drafts a pull request that begins at the main branch. */
export const createDiscussion: Route = (app, context) => {
  for (const { type, api } of places) {
    app.post(`${api}/:ns/:name/discussions`, (request) => create(context, request, type))
  }
}

const create = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType) => {
  const repo = await readableRepo(context, request, type)
  const holder = assertMayDiscuss(request, repo)
  const wish = Struct.parseWith(CommunityWire.CreateDiscussion, request.body, 'discussion')
  const description = wish.description ?? ''
  const head = wish.pullRequest ? await commitOf(context, repo) : undefined
  const num = await context.catalog.db.transaction(async (tx) => {
    if (head) return openPullRequest(context, tx, repo, holder, { title: wish.title, description }, head.oid)
    await Commit.lock(tx, repo.id)
    const made = await Discussion.create(tx, repo.id, {
      title: wish.title,
      description,
      isPullRequest: false,
      authorId: holder.user.id,
      now: context.clock(),
    })
    const discussion = await Discussion.get(tx, repo.id, made)
    await announce(context, tx, repo, { action: 'create', scope: 'discussion' }, { discussion })
    return made
  })
  const url = `${originOf(context, request)}/${linkPrefix(type)}${RepoId.format(Repo.idOf(repo))}/discussions/${num}`
  return { num, url, pullRequest: wish.pullRequest ?? false }
}
