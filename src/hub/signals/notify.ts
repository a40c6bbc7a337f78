import { type Db, type Discussion, Notification, Repo } from '../../catalog/index.ts'
import { RepoId } from '../../core/index.ts'
import { linkPrefix } from '../request.ts'
import type { Event } from '../webhooks/announce.ts'

const pathOf = (repo: Repo.Repo): string => `/${linkPrefix(repo.type)}${nameOf(repo)}`
const nameOf = (repo: Repo.Repo): string => RepoId.format(Repo.idOf(repo))

type Details = { discussion?: Discussion.Discussion; comment?: Discussion.Event }

/** Tells people of a new discussion, pull request or comment, in the transaction that makes it. */
export const notifyOfDiscussion = async (
  tx: Db,
  repo: Repo.Repo,
  { action, scope }: Event,
  { discussion, comment }: Details,
): Promise<void> => {
  if (action !== 'create' || !discussion) return
  const path = `${pathOf(repo)}/discussions/${discussion.num}`
  const { title, isPullRequest, authorId, createdAt } = discussion
  if (scope === 'discussion') {
    const kind = isPullRequest ? 'pull-request' : 'discussion'
    await Notification.tellKeepers(tx, repo, { kind, repoId: repo.id, actorId: authorId, title, path, at: createdAt })
  }
  if (scope === 'discussion.comment' && comment) {
    const { id, authorId: actorId, createdAt: at } = comment
    const news = { kind: 'comment', repoId: repo.id, actorId, title, path: `${path}#${id}`, at } as const
    await Notification.tellParticipants(tx, repo, discussion.id, news)
  }
}

/** Tells who follows the owner, or likes the repository, that a version was anchored. */
export const notifyOfVersion = (db: Db, repo: Repo.Repo, root: string, at: Date): Promise<void> =>
  Notification.tellFollowers(db, repo, {
    ...{ kind: 'version', repoId: repo.id, actorId: repo.ownerId, at },
    ...{ title: `${nameOf(repo)} has a new version`, path: `${pathOf(repo)}/versions#${root}` },
  })

/** Tells the keepers of a gated repository that somebody asks for its files. */
export const notifyOfRequest = (db: Db, repo: Repo.Repo, userId: string, at: Date): Promise<void> =>
  Notification.tellKeepers(db, repo, {
    ...{ kind: 'access-request', repoId: repo.id, actorId: userId, at },
    ...{ title: `Somebody asks for access to ${nameOf(repo)}`, path: `${pathOf(repo)}/settings` },
  })

/** Tells a person what became of their request. */
export const notifyOfDecision = (
  db: Db,
  repo: Repo.Repo,
  of: { userId: string; by: string; status: 'accepted' | 'rejected' | 'pending'; at: Date },
): Promise<void> =>
  Notification.tellOne(db, of.userId, {
    ...{ kind: 'access-decision', repoId: repo.id, actorId: of.by, at: of.at, path: pathOf(repo) },
    title: `Your request for ${nameOf(repo)} is ${of.status}`,
  })
