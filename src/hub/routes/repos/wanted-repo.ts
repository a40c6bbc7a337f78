import type { Repo } from '../../../catalog/index.ts'
import { RepoId } from '../../../core/index.ts'

type Nullish<T> = T | null | undefined

/** `name` is bare with `organization`, or `ns/name`, or bare for one's own. Throws `BadRepoId`. */
export const wantedId = (
  wish: { name: string; organization?: Nullish<string>; type?: Nullish<RepoId.RepoType> },
  user: string,
): RepoId.RepoId => {
  const full = wish.name.includes('/') ? wish.name : `${wish.organization ?? user}/${wish.name}`
  return RepoId.parse(full, wish.type ?? 'model')
}

/** Who may see the repository, as older (`private`) and newer clients say it; undefined where they say nothing. */
export const wantedVisibility = (wish: {
  visibility?: Nullish<Repo.Visibility>
  private?: Nullish<boolean>
}): Repo.Visibility | undefined => {
  if (wish.visibility) return wish.visibility
  return typeof wish.private === 'boolean' ? (wish.private ? 'private' : 'public') : undefined
}
