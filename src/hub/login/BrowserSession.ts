import { timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Account, Session } from '../../catalog/index.ts'
import { NotPermitted } from '../../core/index.ts'
import type { HubContext } from '../context.ts'
import { ForeignRequest } from '../errors.ts'
import { originOf } from '../request.ts'
import type { Fields } from './form.ts'

/** One browser: what its cookie holds, and who is signed in with it. */
export type Visit = { secret: string; user: Account.Account | undefined; expiresAt: Date | undefined }

const isSecure = (context: HubContext, request: FastifyRequest) => originOf(context, request).startsWith('https:')

/** Over https the name itself keeps other hosts of the domain from planting one (RFC 6265bis, `__Host-`). */
const cookieName = (secure: boolean) => `${secure ? '__Host-' : ''}dehug_session`

const setCookie = (context: HubContext, request: FastifyRequest, reply: FastifyReply, secret: string): void => {
  const secure = isSecure(context, request)
  const maxAge = Math.floor(Session.lifetimeMs / 1000)
  const parts = [`${cookieName(secure)}=${secret}`, 'Path=/', `Max-Age=${maxAge}`, 'HttpOnly', 'SameSite=Lax']
  reply.header('set-cookie', [...parts, ...(secure ? ['Secure'] : [])].join('; '))
}

const secretOf = (context: HubContext, request: FastifyRequest): string | undefined => {
  const name = `${cookieName(isSecure(context, request))}=`
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim())
  const value = pairs.find((pair) => pair.startsWith(name))?.slice(name.length)
  return value !== undefined && /^[\w-]{43}$/.test(value) ? value : undefined
}

/** The browser that asks; one without a cookie gets one, which signs nobody in. */
export const of = async (context: HubContext, request: FastifyRequest, reply: FastifyReply): Promise<Visit> => {
  const known = secretOf(context, request)
  const secret = known ?? Session.fresh()
  if (known === undefined) setCookie(context, request, reply, secret)
  const session = known === undefined ? undefined : await Session.find(context.catalog.db, known, context.clock())
  return { secret, user: session?.user, expiresAt: session?.expiresAt }
}

const reads = ['GET', 'HEAD', 'OPTIONS']

/**
 * Who a browser's cookie stands for, on routes that look for a token and found none. It counts for reading where the
 * request is of our own pages or typed by the person, and for writing where it also carries the token of our pages. A
 * cookie that does not count is as good as none.
 */
export const identify = async (context: HubContext, request: FastifyRequest, reply: FastifyReply): Promise<void> => {
  if (request.holder || request.headers.authorization !== undefined) return
  const secret = secretOf(context, request)
  if (secret === undefined) return
  if (!(reads.includes(request.method) ? isOwnRead(context, request) : isOwnWrite(context, request, secret))) {
    request.foreign = true
    return
  }
  const session = await Session.find(context.catalog.db, secret, context.clock())
  if (!session) return
  request.holder = Session.holderOf(session, secret)
  reply.headers({ 'cache-control': 'private, no-cache', vary: 'Cookie' })
}

/** Asserts that our own page asks. Throws `ForeignRequest`. */
export const assertOwnRead = (context: HubContext, request: FastifyRequest): void => {
  if (!isOwnRead(context, request)) throw new ForeignRequest()
}

/** Asserts that our own page in this browser writes. Throws `ForeignRequest`. */
export const assertOwnWrite = (context: HubContext, request: FastifyRequest, { secret }: Visit): void => {
  if (!isOwnWrite(context, request, secret)) throw new ForeignRequest()
}

/** Other origins are told apart by `Origin`, which scripts cannot choose, and by Fetch Metadata (W3C). */
const hasOwnOrigin = (context: HubContext, request: FastifyRequest): boolean => {
  const { origin } = request.headers
  return origin === undefined || origin === new URL(originOf(context, request)).origin
}

const isOwnRead = (context: HubContext, request: FastifyRequest): boolean => {
  const { 'sec-fetch-site': site = 'none', 'sec-fetch-dest': dest } = request.headers
  // A link on another site may lead to a page; a frame, an image or a script of it may not.
  return hasOwnOrigin(context, request) && (site === 'same-origin' || site === 'none' || dest === 'document')
}

const isOwnWrite = (context: HubContext, request: FastifyRequest, secret: string): boolean => {
  const { origin, 'sec-fetch-site': site, 'x-csrf-token': token } = request.headers
  const told = origin !== undefined || site !== undefined
  const isOwn = hasOwnOrigin(context, request) && (site === undefined || site === 'same-origin')
  return told && isOwn && isFormToken(secret, token)
}

const isFormToken = (secret: string, given: unknown): boolean => {
  const sent = Buffer.from(typeof given === 'string' ? given : '')
  const wanted = Buffer.from(Session.formToken(secret))
  return sent.length === wanted.length && timingSafeEqual(sent, wanted)
}

/** Asserts that a form was sent by a page we made for this browser. Throws {@link ForeignForm}. */
export const assertOwnForm = (request: FastifyRequest, { secret }: Visit, form: Fields): void => {
  const foreign = request.headers['sec-fetch-site'] === 'cross-site'
  if (foreign || !isFormToken(secret, form.form)) throw new ForeignForm()
}

/** Signs a browser in under a new cookie; what it had before is worth nothing any more. */
export const signIn = async (
  context: HubContext,
  request: FastifyRequest,
  reply: FastifyReply,
  visit: Visit,
  user: Account.Account,
): Promise<Visit> => {
  const { db } = context.catalog
  await Session.end(db, visit.secret)
  const now = context.clock()
  const secret = await Session.create(db, user, now)
  setCookie(context, request, reply, secret)
  return { secret, user, expiresAt: new Date(now.getTime() + Session.lifetimeMs) }
}

/** Ends the session; the browser gets a cookie that signs nobody in. */
export const signOut = async (
  context: HubContext,
  request: FastifyRequest,
  reply: FastifyReply,
  visit: Visit,
): Promise<Visit> => {
  await Session.end(context.catalog.db, visit.secret)
  const secret = Session.fresh()
  setCookie(context, request, reply, secret)
  return { secret, user: undefined, expiresAt: undefined }
}

/** A form came from elsewhere, or from a page that is too old. */
export class ForeignForm extends NotPermitted {
  constructor() {
    super('This form was not sent from our page in this browser, or the page is too old.', {
      code: 'foreign_form',
      hint: 'Go back, reload the page and try again. Cookies must be allowed.',
    })
  }
}
