import { timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Account, Session } from '../../catalog/index.ts'
import { NotPermitted } from '../../core/index.ts'
import type { HubContext } from '../context.ts'
import { originOf } from '../request.ts'
import type { Fields } from './form.ts'

/** One browser: what its cookie holds, and who is signed in with it. */
export type Visit = { secret: string; user: Account.Account | undefined }

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
  const user = known === undefined ? undefined : await Session.find(context.catalog.db, known, context.clock())
  return { secret, user }
}

/** Asserts that a form was sent by a page we made for this browser. Throws {@link ForeignForm}. */
export const assertOwnForm = (request: FastifyRequest, { secret }: Visit, form: Fields): void => {
  const given = Buffer.from(form.form ?? '')
  const wanted = Buffer.from(Session.formToken(secret))
  const foreign = request.headers['sec-fetch-site'] === 'cross-site'
  if (foreign || given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw new ForeignForm()
}

/** Signs a browser in under a new cookie; what it had before is worth nothing any more. */
export const signIn = async (
  context: HubContext,
  request: FastifyRequest,
  reply: FastifyReply,
  visit: Visit,
  user: Account.Account,
): Promise<void> => {
  const { db } = context.catalog
  await Session.end(db, visit.secret)
  setCookie(context, request, reply, await Session.create(db, user, context.clock()))
}

export const signOut = async (
  context: HubContext,
  request: FastifyRequest,
  reply: FastifyReply,
  visit: Visit,
): Promise<void> => {
  await Session.end(context.catalog.db, visit.secret)
  setCookie(context, request, reply, Session.fresh())
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
