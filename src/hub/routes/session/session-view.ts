import type { FastifyReply, FastifyRequest } from 'fastify'
import { Account, Nonce, Session } from '../../../catalog/index.ts'
import type { SessionWire } from '../../../wire/index.ts'
import { avatarUrl } from '../../accounts.ts'
import type { HubContext } from '../../context.ts'
import type * as BrowserSession from '../../login/BrowserSession.ts'

/** What a page learns about its own browser; no other origin and no cache may have it. */
export const sessionView = async (
  context: HubContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { secret, user, expiresAt }: BrowserSession.Visit,
): Promise<SessionWire.Session> => {
  const { db } = context.catalog
  reply.removeHeader('access-control-allow-origin').headers({ 'cache-control': 'no-store', vary: 'Cookie' })
  const csrf = Session.formToken(secret)
  if (!user) return { user: null, csrf, nonce: await Nonce.create(db, context.clock()), expiresAt: null }
  const { id, name, fullname, address } = user
  const orgs = (await Account.memberships(db, id)).map(({ org, role }) => ({ name: org.name, role }))
  const shown = { id, name, fullname, address, avatarUrl: avatarUrl(context, request, user), orgs }
  return { user: shown, csrf, nonce: null, expiresAt: expiresAt?.toISOString() ?? null }
}
