import { type Commit, type Db, Discussion, Repo, Webhook } from '../../catalog/index.ts'
import { RepoId } from '../../core/index.ts'
import type { HubContext } from '../context.ts'
import { linkPrefix, places } from '../request.ts'
import { notifyOfDiscussion } from '../signals/notify.ts'

/** The action and the part of a repository it happened to, under the Hub's names. */
export type Event = {
  action: 'create' | 'delete' | 'move' | 'update'
  scope: 'repo' | 'repo.content' | 'repo.config' | 'discussion' | 'discussion.comment'
}

type Details = {
  moves?: readonly Commit.Moved[]
  discussion?: Discussion.Discussion
  comment?: Discussion.Event
}

/**
 * Tells those who watch this repository, in the transaction of what happened. The bodies are what huggingface_hub's
 * `WebhookPayload` reads.
 */
export const announce = async (
  context: HubContext,
  tx: Db,
  repo: Repo.Repo,
  event: Event,
  details: Details = {},
): Promise<void> => {
  await notifyOfDiscussion(tx, repo, event, details)
  const domain = event.scope.startsWith('discussion') ? 'discussions' : 'repo'
  const body = payloadOf(context, repo, event, details)
  const payload = (webhook: Webhook.Webhook) => ({ ...body, webhook: { id: webhook.id, version: 3 } })
  if (await Webhook.announce(tx, repo, { domain, payload }, context.clock())) context.deliveries.wake()
}

/** Tells that a discussion has another title or status. */
export const announceChange = async (context: HubContext, tx: Db, repo: Repo.Repo, num: number): Promise<void> => {
  const discussion = await Discussion.get(tx, repo.id, num)
  await announce(context, tx, repo, { action: 'update', scope: 'discussion' }, { discussion })
}

const payloadOf = (context: HubContext, repo: Repo.Repo, event: Event, { moves, discussion, comment }: Details) => {
  const name = RepoId.format(Repo.idOf(repo))
  const origin = context.publicUrl ?? ''
  const web = `${origin}/${linkPrefix(repo.type)}${name}`
  const api = `${origin}${places.find(({ type }) => type === repo.type)?.api}/${name}`
  const head = moves?.find(({ ref }) => ref === 'refs/heads/main')?.to ?? repo.head
  return {
    event,
    repo: {
      type: repo.type,
      name,
      id: repo.id,
      private: repo.visibility !== 'public',
      url: { web, api },
      owner: { id: repo.ownerId },
      head_sha: head,
      tags: repo.tags,
    },
    ...(moves ? { updatedRefs: moves.map(updatedRef) } : {}),
    ...(discussion ? { discussion: discussionOf(discussion, web, api) } : {}),
    ...(discussion && comment ? { comment: commentOf(comment, `${web}/discussions/${discussion.num}`) } : {}),
  }
}

const updatedRef = ({ ref, from, to }: Commit.Moved) => ({ ref, oldSha: from || null, newSha: to || null })

const discussionOf = (discussion: Discussion.Discussion, web: string, api: string) => ({
  id: discussion.id,
  num: discussion.num,
  title: discussion.title,
  status: discussion.status,
  isPullRequest: discussion.isPullRequest,
  author: { id: discussion.authorId ?? 'deleted' },
  url: { web: `${web}/discussions/${discussion.num}`, api: `${api}/discussions/${discussion.num}` },
  ...(discussion.isPullRequest
    ? {
        changes: {
          base: 'refs/heads/main',
          ...(discussion.mergeCommit ? { mergeCommitId: discussion.mergeCommit } : {}),
        },
      }
    : {}),
})

const commentOf = (comment: Discussion.Event, web: string) => {
  const { raw, hidden } = comment.data as Discussion.Comment
  return {
    id: comment.id,
    author: { id: comment.authorId ?? 'deleted' },
    hidden,
    ...(hidden ? {} : { content: raw }),
    url: { web: `${web}#${comment.id}` },
  }
}
