import type { FastifyRequest } from 'fastify'
import { Commit, Discussion, type Repo, Token } from '../../../catalog/index.ts'
import type { HubContext } from '../../context.ts'
import { DiscussionsRefused, RevisionNotFound } from '../../errors.ts'
import { assertWritable, flagParam, paramsOf, requireHolder } from '../../request.ts'

/** The full name of the ref that the URL's revision asks to commit to. Throws `RevisionNotFound`. */
export const refOfUrl = (request: FastifyRequest): string => {
  const revision = paramsOf(request).rev ?? 'main'
  if (/^refs\/(heads|pr)\/[^\0]+$/.test(revision)) return revision
  if (revision === '' || revision.startsWith('refs/') || revision.includes('\0')) throw new RevisionNotFound(revision)
  return revision === 'HEAD' ? Commit.mainRef : `refs/heads/${revision}`
}

/** Whether the change is to become a new pull request. */
export const wantsPullRequest = (request: FastifyRequest): boolean => flagParam(request, 'create_pr')

/**
 * Asserts that the caller may open discussions and pull requests here, and so may send bytes for them: whoever can read
 * the repository, with a token that allows it. Throws `TokenNeeded` and `DiscussionsRefused`.
 */
export const assertMayDiscuss = (request: FastifyRequest, repo: Repo.Repo): Token.Holder => {
  const holder = requireHolder(request)
  if (!Token.may(holder.token, 'discussion.write', repo.key)) throw new DiscussionsRefused()
  return holder
}

/**
 * Asserts that the caller, who can read the repository, may move this ref: branches and tags need the right to write; a
 * pull request may also be pushed to by whoever opened it. Throws `TokenNeeded`, `WriteRefused` and `RevisionNotFound`.
 */
export const assertMayCommit = async (
  context: HubContext,
  request: FastifyRequest,
  repo: Repo.Repo,
  ref: string,
): Promise<Token.Holder> => {
  const [, num] = /^refs\/pr\/([1-9]\d{0,8})$/.exec(ref) ?? []
  if (num === undefined) {
    if (ref.startsWith('refs/pr/')) throw new RevisionNotFound(ref)
    return assertWritable(context, request, repo)
  }
  const holder = requireHolder(request)
  const pull = await Discussion.get(context.catalog.db, repo.id, Number(num)).catch((error) => {
    if (error instanceof Discussion.NoSuchDiscussion) return undefined
    throw error
  })
  if (!pull?.isPullRequest) throw new RevisionNotFound(ref)
  return pull.authorId === holder.user.id ? assertMayDiscuss(request, repo) : assertWritable(context, request, repo)
}

/** The same for what the URL of a commit or preupload asks for. */
export const assertMayCommitTo = (
  context: HubContext,
  request: FastifyRequest,
  repo: Repo.Repo,
  ref: string,
): Promise<Token.Holder> =>
  wantsPullRequest(request)
    ? Promise.resolve(assertMayDiscuss(request, repo))
    : assertMayCommit(context, request, repo, ref)
