import { BadInput, RepoId } from '../core/index.ts'
import type { Rights } from './tables/index.ts'

export type { Rights } from './tables/index.ts'

/**
 * What a fine-grained token can be allowed, under the names of the Hugging Face Hub. `repo.write` is everything that can
 * be done to a repository (creating, settings, deleting); `repo.content.write` is commits only.
 */
export const permissions = [
  'repo.content.read',
  'repo.content.write',
  'repo.write',
  'repo.access.read',
  'discussion.write',
  'collection.read',
  'collection.write',
  'user.webhooks.read',
  'user.webhooks.write',
  'org.read',
  'org.write',
  'inference.serverless.write',
] as const
export type Permission = (typeof permissions)[number]

/** A right that brings smaller ones with it. */
const contains: Partial<Record<Permission, readonly Permission[]>> = {
  'repo.content.write': ['repo.content.read'],
  'repo.write': ['repo.content.read', 'repo.content.write', 'discussion.write'],
  'collection.write': ['collection.read'],
  'user.webhooks.write': ['user.webhooks.read'],
  'org.write': ['org.read'],
}

const readOnly: readonly Permission[] = [
  'repo.content.read',
  'repo.access.read',
  'collection.read',
  'user.webhooks.read',
  'org.read',
  'inference.serverless.write',
]

/** What a token of scope `read` may do. */
export const isReading = (permission: Permission): boolean => readOnly.includes(permission)

const grants = (listed: readonly string[], wanted: Permission): boolean =>
  listed.some((given) => given === wanted || contains[given as Permission]?.includes(wanted))

/** The account a key belongs to: `lab` of `lab` and of `model:lab/x`. */
const accountOf = (key: string): string => key.slice(key.indexOf(':') + 1).split('/')[0] as string

/**
 * Whether rights allow something on an entity: the key of a repository (`model:lab/x`) or of an account (`lab`). A right
 * on an account covers its repositories. Without an entity: whether they allow it on everything.
 */
export const allow = (rights: Rights, wanted: Permission, entity?: string): boolean => {
  if (grants(rights.global, wanted)) return true
  if (entity === undefined) return false
  return rights.scoped.some(
    (entry) => (entry.entity === entity || entry.entity === accountOf(entity)) && grants(entry.permissions, wanted),
  )
}

/** The entities on which rights allow something; `all` where it is everything. */
export const entities = (rights: Rights, wanted: Permission): string[] | 'all' =>
  grants(rights.global, wanted)
    ? 'all'
    : rights.scoped.filter((entry) => grants(entry.permissions, wanted)).map(({ entity }) => entity)

const maxScoped = 256

/** Rights with their keys in lower case and each entity once. Throws `BadInput`. */
export const from = (input: {
  global?: readonly string[] | undefined
  canReadGatedRepos?: boolean | undefined
  scoped?: readonly { entity: string; permissions: readonly string[] }[] | undefined
}): Rights => {
  const byEntity = new Map<string, Set<string>>()
  for (const { entity, permissions: listed } of input.scoped ?? []) {
    const key = entityKey(entity)
    byEntity.set(key, new Set([...(byEntity.get(key) ?? []), ...known(listed)]))
  }
  if (byEntity.size > maxScoped) {
    throw new BadInput(`A token names at most ${maxScoped} repositories and accounts.`, { code: 'bad_rights' })
  }
  return {
    global: [...new Set(known(input.global ?? []))],
    canReadGatedRepos: input.canReadGatedRepos ?? false,
    scoped: [...byEntity].map(([entity, listed]) => ({ entity, permissions: [...listed] })),
  }
}

const entityKey = (entity: string): string => {
  if (entity.includes('/')) return RepoId.key(RepoId.parse(entity))
  RepoId.parse(`${entity}/x`)
  return entity.toLowerCase()
}

const known = (listed: readonly string[]): readonly string[] => {
  const stranger = listed.find((name) => !permissions.some((permission) => permission === name))
  if (stranger === undefined) return listed
  throw new BadInput(`"${stranger.slice(0, 80)}" is no permission of this hub.`, {
    code: 'bad_rights',
    hint: `There are: ${permissions.join(', ')}.`,
  })
}
