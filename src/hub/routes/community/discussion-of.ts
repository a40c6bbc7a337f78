import type { FastifyRequest } from 'fastify'
import { Discussion, Repo, type Token } from '../../../catalog/index.ts'
import { NotPermitted, type RepoId } from '../../../core/index.ts'
import type { HubContext } from '../../context.ts'
import { readableRepo } from '../../request.ts'
import { assertMayDiscuss } from '../commits/target.ts'

export type InDiscussion = { repo: Repo.Repo; discussion: Discussion.Discussion }

/** The discussion that the URL names, of a repository that the caller can read. */
export const discussionOf = async (
  context: HubContext,
  request: FastifyRequest,
  type: RepoId.RepoType,
): Promise<InDiscussion> => {
  const repo = await readableRepo(context, request, type)
  const { num = '' } = request.params as { num?: string }
  if (!/^[1-9]\d{0,8}$/.test(num)) throw new Discussion.NoSuchDiscussion(0)
  return { repo, discussion: await Discussion.get(context.catalog.db, repo.id, Number(num)) }
}

/** The same for somebody who wants to say something there. */
export const discussionToChange = async (
  context: HubContext,
  request: FastifyRequest,
  type: RepoId.RepoType,
): Promise<InDiscussion & { holder: Token.Holder }> => {
  const found = await discussionOf(context, request, type)
  return { ...found, holder: assertMayDiscuss(request, found.repo) }
}

/** Whoever wrote something may change it, and so may those who may change the repository. Throws {@link NotYours}. */
export const assertOwnOrWritable = async (
  context: HubContext,
  repo: Repo.Repo,
  holder: Token.Holder,
  authorId: string | null,
): Promise<void> => {
  if (authorId === holder.user.id || (await Repo.mayWrite(context.catalog.db, repo, holder))) return
  throw new NotYours()
}

export class NotYours extends NotPermitted {
  constructor() {
    super('Only its author and those who may change the repository can do this.', { code: 'not_yours' })
  }
}
