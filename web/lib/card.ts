import { textOf } from './file.ts'
import type { RepoType } from './types.ts'

/** Cards longer than this are cut; the file itself stays whole. */
const maxCard = 150_000

/** The card without its metadata; undefined where a repository has none. */
export const cardOf = async (type: RepoType, id: string, revision: string) => {
  const found = await textOf({ type, id, revision, path: 'README.md' }, maxCard)
  return found && { ...found, text: found.text.replace(/^\uFEFF?---\r?\n[\s\S]*?\r?\n---[^\S\n]*(\r?\n|$)/, '') }
}
