import { utf8 } from './Bytes.ts'
import { BadInput } from './errors.ts'
import { keccak256 } from './Hash.ts'

export const types = ['model', 'dataset', 'space'] as const
export type RepoType = (typeof types)[number]

/** A repository's name. Lookup ignores case; the letters given are kept for showing. */
export type RepoId = { type: RepoType; namespace: string; name: string }

const part = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$/
const maxLength = 96

/** Reads `ns/name` or `type:ns/name`; the rules for names are those of the Hugging Face Hub. Throws `BadRepoId`. */
export function parse(text: string, type: RepoType = 'model'): RepoId {
  const colon = text.indexOf(':')
  const kind = colon < 0 ? type : text.slice(0, colon)
  const [namespace, name, ...rest] = text.slice(colon + 1).split('/')
  if (!isType(kind)) throw new BadRepoId(text, `the type must be one of ${types.join(', ')}`)
  if (!namespace || !name || rest.length > 0) throw new BadRepoId(text, 'expected "namespace/name"')
  for (const piece of [namespace, name]) assertPart(text, piece)
  if (namespace.length + name.length + 1 > maxLength)
    throw new BadRepoId(text, `it is longer than ${maxLength} characters`)
  return { type: kind, namespace, name }
}

const isType = (text: string): text is RepoType => (types as readonly string[]).includes(text)

function assertPart(text: string, piece: string): void {
  if (!part.test(piece))
    throw new BadRepoId(text, 'letters, digits, ".", "_" and "-" are allowed, not "." or "-" at an end')
  if (piece.includes('--') || piece.includes('..')) throw new BadRepoId(text, '"--" and ".." are not allowed')
  if (/\.(git|ipynb)$/i.test(piece)) throw new BadRepoId(text, 'a name cannot end in ".git" or ".ipynb"')
}

/** The on-chain key, lower case: `model:ns/name`. */
export const key = (repo: RepoId): string => `${repo.type}:${repo.namespace}/${repo.name}`.toLowerCase()

/** `ns/name` as it was written. */
export const format = (repo: RepoId): string => `${repo.namespace}/${repo.name}`

/** uint256 of keccak256 of the key; the NFT's token id. */
export const modelId = (repo: RepoId): bigint => BigInt(keccak256(utf8(key(repo))))

/** A repository name that cannot be. */
export class BadRepoId extends BadInput {
  constructor(given: string, why: string) {
    super(`"${given.slice(0, 200)}" is not a repository name: ${why}.`, {
      code: 'bad_repo_id',
      hint: 'Write it like "namespace/name", for example "dehug/tiny-chat".',
    })
  }
}
