import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Account, Repo, Token, Tree } from '../catalog/index.ts'
import { BadInput, RepoId } from '../core/index.ts'
import type { HubContext } from './context.ts'
import {
  BadToken,
  ForeignRequest,
  RepoNotFound,
  RepoNotFoundWithoutToken,
  RevisionNotFound,
  TokenNeeded,
  TokenOnlyReads,
  WriteRefused,
} from './errors.ts'
import { locationOf, RepoMoved } from './RepoMoved.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent the request, where a token came with it. */
    holder: Token.Holder | undefined
    /** A cookie came along that does not count, because another site may have made the request. */
    foreign: boolean
  }
  interface FastifyContextConfig {
    /** Not a hub token: the route looks at what the request carries by itself. */
    ownCredentials?: boolean
  }
}

export type Route = (app: FastifyInstance, context: HubContext) => void

/** Where the routes of a kind of repository are: below `/api`, and for files. */
export type Place = { type: RepoId.RepoType; api: string; files: string }

export const places: Place[] = [
  { type: 'model', api: '/api/models', files: '' },
  { type: 'dataset', api: '/api/datasets', files: '/datasets' },
  { type: 'space', api: '/api/spaces', files: '/spaces' },
]

/** The path that clients build links from: nothing for models, `datasets/` and `spaces/` for the others. */
export const linkPrefix = (type: RepoId.RepoType): string => (type === 'model' ? '' : `${type}s/`)

/**
 * The origin this request reached us by: one that the hub knows of, or where it knows none what the `Host` header says.
 * Throws `BadInput` where that names none.
 */
export const originOf = (context: HubContext, request: FastifyRequest): string => {
  const { publicUrl, otherUrls } = context
  const other = otherUrls.find((url) => new URL(url).host === request.host)
  const origin = other ?? publicUrl ?? `${request.protocol}://${request.host}`
  if (URL.canParse(origin)) return origin
  throw new BadInput('The Host header of the request is not a host.', { code: 'bad_host' })
}

/** Finds out who sends the request: `Bearer token`, or `Basic` with the token as password (git). Throws {@link BadToken}. */
export const identify = async (context: HubContext, request: FastifyRequest): Promise<void> => {
  const secret = secretOf(request.headers.authorization)
  if (secret === undefined) return
  const holder = await Token.find(context.catalog.db, secret, context.clock())
  if (!holder) throw new BadToken()
  request.holder = holder
}

const secretOf = (header: string | undefined): string | undefined => {
  if (header === undefined) return undefined
  const [scheme = '', value = ''] = header.split(/\s+/, 2)
  if (/^bearer$/i.test(scheme)) return value
  if (/^basic$/i.test(scheme)) return Buffer.from(value, 'base64').toString().split(':')[1] ?? ''
  throw new BadToken()
}

export const requireHolder = (request: FastifyRequest): Token.Holder => {
  if (!request.holder) throw request.foreign ? new ForeignRequest() : new TokenNeeded()
  return request.holder
}

/**
 * Who acts in their own name: likes, follows, asks for access. Of limited tokens those may that are allowed to talk.
 * Throws `TokenNeeded` and `TokenOnlyReads`.
 */
export const assertActs = (request: FastifyRequest, entity?: string): Token.Holder => {
  const holder = requireHolder(request)
  if (!Token.may(holder.token, 'discussion.write', entity)) throw new TokenOnlyReads()
  return holder
}

type Named = { ns?: string; name?: string; rev?: string; '*'?: string }
export const paramsOf = (request: FastifyRequest): Named => request.params as Named

/** The repository the URL names, if this caller may know it. Throws `RepoNotFound`: 401 without a token, 404 with one. */
export const readableRepo = async (
  context: HubContext,
  request: FastifyRequest,
  type: RepoId.RepoType,
): Promise<Repo.Repo> => {
  const { ns = '', name = '' } = paramsOf(request)
  return findReadable(context, request, type, `${ns}/${name}`)
}

/**
 * The repository of a name, if this caller may know it. Where the URL names it otherwise than it is called now, the answer
 * is a redirect: after a move always, for other letter case on reading. Throws `RepoNotFound` and `RepoMoved`.
 */
export const findReadable = async (
  context: HubContext,
  request: FastifyRequest,
  type: RepoId.RepoType,
  name: string,
): Promise<Repo.Repo> => {
  const { db } = context.catalog
  const id = idOrNothing(name, type)
  const present = id && (await Repo.find(db, id))
  const repo = present ?? (id && (await Repo.findMoved(db, id)))
  if (repo && (await Repo.mayRead(db, repo, request.holder))) {
    const isAsNamed = RepoId.format(Repo.idOf(repo)) === name
    const redirects = !present || (!isAsNamed && ['GET', 'HEAD'].includes(request.method))
    const location = redirects ? locationOf(request, name, repo) : undefined
    if (location !== undefined) throw new RepoMoved(location)
    if (present) return present
  }
  throw request.holder ? new RepoNotFound(name) : new RepoNotFoundWithoutToken(name)
}

/** A name that cannot be is a name that is not there. */
const idOrNothing = (name: string, type: RepoId.RepoType): RepoId.RepoId | undefined => {
  try {
    return RepoId.parse(name, type)
  } catch {
    return undefined
  }
}

/** Asserts that the caller may change this repository, which they can read. Throws `TokenNeeded` and `WriteRefused`. */
export const assertWritable = async (
  context: HubContext,
  request: FastifyRequest,
  repo: Repo.Repo,
  permission: 'repo.content.write' | 'repo.write' | 'repo.access.read' = 'repo.content.write',
): Promise<Token.Holder> => {
  const holder = requireHolder(request)
  if (!(await Repo.mayWrite(context.catalog.db, repo, holder, permission)))
    throw new WriteRefused(RepoId.format(Repo.idOf(repo)))
  return holder
}

/** The account that a new repository will belong to. Throws `WriteRefused` where the caller may not create there. */
export const ownerFor = async (
  context: HubContext,
  holder: Token.Holder,
  id: RepoId.RepoId,
): Promise<Account.Account> => {
  const { db } = context.catalog
  const owner = await Account.byName(db, id.namespace)
  if (owner && (await Repo.mayCreate(db, owner, RepoId.key(id), holder))) return owner
  throw new WriteRefused(RepoId.format(id))
}

/** The commit of the URL's revision. Throws `RevisionNotFound`. */
export const commitOf = async (context: HubContext, repo: Repo.Repo, revision = 'main'): Promise<Tree.Found> => {
  const commit = await Tree.revision(context.catalog.db, repo, revision)
  if (!commit) throw new RevisionNotFound(revision)
  return commit
}

/** A query parameter that may come once, repeated, or as `name[]`. */
export const listParam = (request: FastifyRequest, name: string): string[] => {
  const query = request.query as Record<string, string | string[] | undefined>
  return [query[name], query[`${name}[]`]].flat().filter((item) => item !== undefined)
}

export const textParam = (request: FastifyRequest, name: string): string | undefined => listParam(request, name)[0]

export const flagParam = (request: FastifyRequest, name: string): boolean =>
  ['true', '1', 'yes'].includes(textParam(request, name)?.toLowerCase() ?? '')

/** A whole number between 1 and `max`; `fallback` where it is missing. Throws `BadInput`. */
export const numberParam = (request: FastifyRequest, name: string, fallback: number, max: number): number => {
  const text = textParam(request, name)
  if (text === undefined) return Math.min(fallback, max)
  if (!/^\d{1,9}$/.test(text)) {
    throw new BadInput(`The query parameter ${name} is "${text.slice(0, 40)}"; expected a whole number.`, {
      code: 'bad_query',
    })
  }
  return Math.min(Math.max(Number(text), 1), max)
}

/** The number of a page, from 0, in `p`; anything else is the first. */
export const pageParam = (request: FastifyRequest): number => {
  const text = textParam(request, 'p') ?? ''
  return /^\d{1,6}$/.test(text) ? Number(text) : 0
}

/** Adds the `Link` header of the next page: this URL with other query parameters. */
export const linkNext = (
  context: HubContext,
  request: FastifyRequest,
  reply: FastifyReply,
  changes: Record<string, string>,
): void => {
  const url = new URL(request.url, originOf(context, request))
  for (const [name, value] of Object.entries(changes)) url.searchParams.set(name, value)
  reply.header('link', `<${url.href}>; rel="next"`)
}
