import type { FastifyRequest } from 'fastify'
import { AccessRequest, Account, Repo, Token } from '../catalog/index.ts'
import { BadInput, NotAuthenticated, NotPermitted, RepoId } from '../core/index.ts'
import type { HubContext } from './context.ts'
import * as Holding from './Holding.ts'
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
  if (await mayDownload(context, repo, request.holder)) return
  if (!request.holder) throw new GatedRepoWithoutToken(repo)
  const { type, ...id } = Repo.idOf(repo)
  throw new GatedRepo(repo, `${originOf(context, request)}/${linkPrefix(type)}${RepoId.format({ type, ...id })}`)
}

/** Whether the caller, who may see the repository, may have its files. Whom an NFT let in may while they hold it. */
export const mayDownload = async (
  context: HubContext,
  repo: Repo.Repo,
  holder: Token.Holder | undefined,
): Promise<boolean> => {
  const { db } = context.catalog
  if (await AccessRequest.mayDownload(db, repo, holder)) return true
  if (!holder || repo.gated !== 'auto' || !Token.mayReadGated(holder.token)) return false
  const asked = await AccessRequest.find(db, repo.id, holder.user.id)
  return asked?.status === 'accepted' && asked.whileHolding && holds(context, repo, holder.user)
}

/** Whether the rule of an automatic gate lets a person in at once, and for how long; a manual one never does. */
export const admits = async (
  context: HubContext,
  repo: Repo.Repo,
  user: Account.Account,
): Promise<'always' | 'holding' | undefined> => {
  if (repo.gated !== 'auto') return undefined
  const { members = [], holders = [] } = repo.gate
  if (members.length === 0 && holders.length === 0) return 'always'
  const orgs = await Account.memberships(context.catalog.db, user.id)
  if (orgs.some(({ org }) => members.includes(org.id))) return 'always'
  return (await holds(context, repo, user)) ? 'holding' : undefined
}

const holds = ({ chain, clock }: HubContext, { gate }: Repo.Repo, user: Account.Account): Promise<boolean> =>
  Holding.any(chain, gate.holders ?? [], user.address, clock())

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
