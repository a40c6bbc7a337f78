import type { FastifyRequest } from 'fastify'
import { AccessRequest, Account, Repo } from '../catalog/index.ts'
import { BadInput, NotAuthenticated, NotFound, NotPermitted, RepoId } from '../core/index.ts'
import type { HubContext } from './context.ts'
import { linkPrefix, originOf } from './request.ts'

/**
 * Asserts that the caller, who may see the repository, may have its files: every way to a file's bytes asks here first.
 * Throws {@link GatedRepo} and {@link GatedRepoWithoutToken}.
 */
export const assertMayDownload = async (
  context: HubContext,
  request: FastifyRequest,
  repo: Repo.Repo,
): Promise<void> => {
  if (await AccessRequest.mayDownload(context.catalog.db, repo, request.holder)) return
  if (!request.holder) throw new GatedRepoWithoutToken(repo)
  const { type, ...id } = Repo.idOf(repo)
  throw new GatedRepo(repo, `${originOf(context, request)}/${linkPrefix(type)}${RepoId.format({ type, ...id })}`)
}

/** Whether the rule of an automatic gate lets a person in at once; a manual one never does. */
export const admits = async (context: HubContext, repo: Repo.Repo, user: Account.Account): Promise<boolean> => {
  if (repo.gated !== 'auto') return false
  const { members = [], holders = [] } = repo.gate
  if (members.length === 0 && holders.length === 0) return true
  const orgs = await Account.memberships(context.catalog.db, user.id)
  if (orgs.some(({ org }) => members.includes(org.id))) return true
  for (const key of holders) if (await holds(context, key, user)) return true
  return false
}

/** The chain is asked each time: who sold the NFT gets in no more. Access given before stays until it is taken back. */
const holds = async ({ chain }: HubContext, key: string, user: Account.Account): Promise<boolean> => {
  if (!chain || user.address === null) return false
  try {
    const modelId = await chain.resolve(RepoId.parse(key))
    return modelId !== undefined && (await chain.model(modelId)).owner.toLowerCase() === user.address
  } catch (error) {
    if (error instanceof NotFound) return false
    throw error
  }
}

/** What a card may ask for: a text, or a field with a type of its own. */
type Wanted = { name: string; type: string; options: unknown[] }

/** The form that the card of a gated repository asks people to fill in. */
export const formOf = ({ card }: Repo.Repo): Wanted[] => {
  const fields = card.extra_gated_fields
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return []
  return Object.entries(fields)
    .slice(0, maxFields)
    .map(([name, field]) => {
      const { type, options } = typeof field === 'object' && field !== null ? field : { type: field, options: [] }
      return { name, type: String(type), options: Array.isArray(options) ? options : [] }
    })
}

const maxFields = 64

/** Reads a filled in form: what the card asks for has to be there. Throws {@link FormIncomplete}. */
export const readForm = (repo: Repo.Repo, given: AccessRequest.Fields): AccessRequest.Fields | null => {
  const wanted = formOf(repo)
  if (wanted.length === 0) return null
  const filled: AccessRequest.Fields = {}
  for (const { name, type, options } of wanted) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (value === undefined || value === '') throw new FormIncomplete(name, 'is missing')
    const isChecked = value === true || value === 'true' || value === 'on'
    if (type === 'checkbox' && !isChecked) throw new FormIncomplete(name, 'has to be agreed to')
    if (
      type === 'select' &&
      !options.some((option) => option === value || (option as { value?: unknown } | null)?.value === value)
    ) {
      throw new FormIncomplete(name, 'is none of the choices')
    }
    filled[name] = type === 'checkbox' ? true : value
  }
  return filled
}

const restricted = (repo: Repo.Repo): string => `Access to ${repo.type} ${repo.namespace}/${repo.name} is restricted`

/** The files of this repository are for those who were let in. */
export class GatedRepo extends NotPermitted {
  constructor(repo: Repo.Repo, url: string) {
    super(`${restricted(repo)} and you are not in the authorized list. Visit ${url} to ask for access.`, {
      code: 'gated_repo',
      hint: `Ask for access at ${url}, or by POST to its ask-access route.`,
    })
  }
}

/** The same for callers without a token. */
export class GatedRepoWithoutToken extends NotAuthenticated {
  constructor(repo: Repo.Repo) {
    super(`${restricted(repo)}. You must have access to it and be authenticated to access it. Please log in.`, {
      code: 'gated_repo',
      hint: 'Log in, then ask for access.',
    })
  }
}

/** A field of the form was left out or filled in wrongly. */
export class FormIncomplete extends BadInput {
  constructor(field: string, why: string) {
    super(`The field "${field.slice(0, 80)}" ${why}.`, {
      code: 'form_incomplete',
      hint: 'GET on the same route tells the whole form.',
    })
  }
}

/** The repository gives its files to everybody who may see it. */
export class NotGated extends BadInput {
  constructor() {
    super('This repository is not gated.', { code: 'not_gated', hint: 'Its files can be downloaded without asking.' })
  }
}
