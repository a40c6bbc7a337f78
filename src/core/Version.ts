import { BadInput } from './errors.ts'
import * as Repo from './RepoId.ts'

/** Which version of a repository is meant: the head, an anchored root, a git commit, or a tag or branch. */
export type Selector =
  | { kind: 'head' }
  | { kind: 'root'; root: `0x${string}` }
  | { kind: 'commit'; oid: string }
  | { kind: 'tag'; tag: string }

export type Version = { repo: Repo.RepoId; at: Selector }

/** Reads `[type:]ns/name[@root|@commit|@tag]`. Throws `BadInput`. */
export function parse(text: string, type: Repo.RepoType = 'model'): Version {
  const cut = text.indexOf('@')
  const repo = Repo.parse(cut < 0 ? text : text.slice(0, cut), type)
  return { repo, at: cut < 0 ? { kind: 'head' } : selector(text.slice(cut + 1)) }
}

/** Reads the part after the `@`. */
export function selector(text: string): Selector {
  if (/^0x[0-9a-fA-F]{64}$/.test(text)) return { kind: 'root', root: text.toLowerCase() as `0x${string}` }
  if (/^[0-9a-f]{40}$/.test(text)) return { kind: 'commit', oid: text }
  if (!/^[\w][\w./-]{0,127}$/.test(text) || text.includes('..')) {
    throw new BadInput(`"${text}" is not a version.`, {
      code: 'bad_version',
      hint: 'Use a 0x root of 64 digits, a commit of 40 digits, or a tag.',
    })
  }
  return { kind: 'tag', tag: text }
}

/** The text that `parse` reads. */
export function format(version: Version): string {
  const name = `${version.repo.type}:${Repo.format(version.repo)}`
  switch (version.at.kind) {
    case 'head':
      return name
    case 'root':
      return `${name}@${version.at.root}`
    case 'commit':
      return `${name}@${version.at.oid}`
    case 'tag':
      return `${name}@${version.at.tag}`
  }
}
