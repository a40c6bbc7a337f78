import { type Discussion, Repo } from '../catalog/index.ts'
import { RepoId } from '../core/index.ts'
import { escapeHtml } from './escape-html.ts'

const hiddenText = 'This comment has been hidden'

/** An author whose account is gone is left out, which clients show as "deleted". */
const authored = (author: string | null) => (author === null ? {} : { author: { name: author } })

/** A discussion as lists show it. */
export const describe = (repo: Repo.Repo, discussion: Discussion.Discussion) => ({
  num: discussion.num,
  title: discussion.title,
  status: discussion.status,
  ...authored(discussion.author),
  createdAt: discussion.createdAt.toISOString(),
  isPullRequest: discussion.isPullRequest,
  repo: { name: RepoId.format(Repo.idOf(repo)), type: repo.type },
})

/** An event; people's words are sent as they wrote them and as HTML that shows them and does nothing. */
export const describeEvent = (event: Discussion.Event) => ({
  id: event.id,
  type: event.kind,
  createdAt: event.createdAt.toISOString(),
  ...authored(event.author),
  data: event.kind === 'comment' ? commentData(event) : event.data,
})

const commentData = ({ data, author }: Discussion.Event) => {
  const { raw, updatedAt, hidden, history } = data as Discussion.Comment
  const said = (words: string, at: string) => {
    const shown = hidden ? hiddenText : words
    return { raw: shown, html: `<p>${escapeHtml(shown)}</p>`, updatedAt: at, ...authored(author) }
  }
  return {
    edited: history.length > 0,
    hidden,
    latest: said(raw, updatedAt),
    history: hidden ? [] : history.map((before) => said(before.raw, before.updatedAt)),
  }
}
