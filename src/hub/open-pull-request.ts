import { Commit, type Db, Discussion, type Repo, type Token } from '../catalog/index.ts'
import type { HubContext } from './context.ts'
import { hooks } from './landing.ts'
import { announce } from './webhooks/announce.ts'

/** Drafts a pull request that begins at a commit, with its ref; its number is returned. */
export const openPullRequest = async (
  context: HubContext,
  tx: Db,
  repo: Repo.Repo,
  holder: Token.Holder,
  { title, description }: { title: string; description: string },
  from: string,
): Promise<number> => {
  const now = context.clock()
  await Commit.lock(tx, repo.id)
  const authorId = holder.user.id
  const num = await Discussion.create(tx, repo.id, { title, description, isPullRequest: true, authorId, now })
  const moves = [{ ref: Discussion.refOf(num), from: '', to: from }]
  await Commit.land(tx, repo, { objects: [], blobs: [], moves, actorId: authorId, now, ...hooks(context) })
  const discussion = await Discussion.get(tx, repo.id, num)
  await announce(context, tx, repo, { action: 'create', scope: 'discussion' }, { discussion })
  return num
}
