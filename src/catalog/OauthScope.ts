import type { Permission, Rights } from './Rights.ts'

type Meaning = {
  /** Completes "This program wants to …". */
  says: string
  permissions: readonly Permission[]
  gated?: true
}

/** What programs can ask for, under the names of the Hugging Face Hub, and what our tokens can do of it. */
const meanings = {
  openid: { says: 'know who you are', permissions: [] },
  profile: { says: 'see your name and your organisations', permissions: [] },
  email: { says: 'see your e-mail address', permissions: [] },
  'read-repos': { says: 'read your private repositories', permissions: ['repo.content.read'] },
  'gated-repos': { says: 'read gated repositories that you were let into', permissions: [], gated: true },
  'write-repos': { says: 'change the files of your repositories', permissions: ['repo.content.write'] },
  'manage-repos': {
    says: 'create, change and delete your repositories',
    permissions: ['repo.write', 'repo.access.read'],
  },
  'write-discussions': { says: 'write discussions and pull requests', permissions: ['discussion.write'] },
  'read-collections': { says: 'read your private collections', permissions: ['collection.read'] },
  'write-collections': { says: 'change your collections', permissions: ['collection.write'] },
  webhooks: { says: 'manage your webhooks', permissions: ['user.webhooks.write'] },
  'inference-api': { says: 'call models in your name', permissions: ['inference.serverless.write'] },
} as const satisfies Record<string, Meaning>

export type OauthScope = keyof typeof meanings

export const all = Object.keys(meanings) as OauthScope[]

/** The scopes of a space-separated list that this hub knows; others are left out (RFC 6749, section 3.3). */
export const parse = (text: string): OauthScope[] => {
  const asked = new Set(text.split(/\s+/))
  return all.filter((scope) => asked.has(scope))
}

/** One line for the person who is asked. */
export const says = (scope: string): string => (meanings as Record<string, Meaning>)[scope]?.says ?? scope

/** What a token with these scopes may do. */
export const rightsOf = (scopes: readonly string[]): Rights => {
  const known = scopes.flatMap((scope) => {
    const meaning = (meanings as Record<string, Meaning>)[scope]
    return meaning ? [meaning] : []
  })
  return {
    global: [...new Set(known.flatMap(({ permissions }) => permissions))],
    canReadGatedRepos: known.some(({ gated }) => gated === true),
    scoped: [],
  }
}
