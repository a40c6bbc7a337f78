import type { RepoInfo } from './types.ts'

/** The license that a repository's card states. */
export const licenseOf = ({ tags }: RepoInfo): string | undefined =>
  tags.find((tag) => tag.startsWith('license:'))?.slice('license:'.length)
