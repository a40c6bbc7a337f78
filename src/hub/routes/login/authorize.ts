import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Account, Consent, OauthApp, OauthCode, OauthScope } from '../../../catalog/index.ts'
import type { HubContext } from '../../context.ts'
import * as AuthorizeRequest from '../../login/AuthorizeRequest.ts'
import * as BrowserSession from '../../login/BrowserSession.ts'
import { type Fields, formOf, queryOf } from '../../login/form.ts'
import { html, send } from '../../login/Html.ts'
import { OauthError } from '../../login/OauthError.ts'
import { hidden, signedInAs } from '../../login/SignInPage.ts'
import { originOf, type Route } from '../../request.ts'

type Asked = AuthorizeRequest.AuthorizeRequest
type Address = Pick<Asked, 'redirectUri' | 'state'>

/** A program asks for access with the person's browser (RFC 6749, section 4.1; RFC 9207). */
export const authorize: Route = (app, context) => {
  app.get('/oauth/authorize', async (request, reply) => {
    const fields = queryOf(request)
    const address = await AuthorizeRequest.returnAddress(context, fields)
    return orTellProgram(context, request, reply, address, async () => {
      const asked = AuthorizeRequest.parse(fields, address)
      const visit = await BrowserSession.of(context, request, reply)
      if (!visit.user || asked.prompt.includes('login')) return toSignIn(reply, asked, fields)
      if (await isAllowed(context, visit.user, asked)) return giveCode(context, request, reply, asked, visit.user)
      if (asked.prompt.includes('none')) throw new OauthError('consent_required', 'The person has to be asked.')
      return askForConsent(reply, visit, asked, fields)
    })
  })

  app.post('/oauth/authorize', async (request, reply) => {
    const form = formOf(request)
    const visit = await BrowserSession.of(context, request, reply)
    BrowserSession.assertOwnForm(request, visit, form)
    const address = await AuthorizeRequest.returnAddress(context, form)
    return orTellProgram(context, request, reply, address, async () => {
      const asked = AuthorizeRequest.parse(form, address)
      if (!visit.user) return toSignIn(reply, asked, form)
      if (form.decision !== 'approve') throw new OauthError('access_denied', 'The person said no.')
      await Consent.remember(context.catalog.db, visit.user, asked.app, asked.scopes, context.clock())
      return giveCode(context, request, reply, asked, visit.user)
    })
  })
}

/** Remembered, unless it goes to a program on somebody's own computer, which anything there can claim to be (RFC 8252, 8.6). */
const isAllowed = async (context: HubContext, user: Account.Account, { app, redirectUri, scopes, prompt }: Asked) =>
  !prompt.includes('consent') &&
  !OauthApp.isLoopback(redirectUri) &&
  (await Consent.covers(context.catalog.db, user, app, scopes))

const toSignIn = (reply: FastifyReply, { prompt }: Asked, fields: Fields): FastifyReply => {
  if (prompt.includes('none')) throw new OauthError('login_required', 'Nobody is signed in.')
  const query = new URLSearchParams(carried(fields) as Record<string, string>)
  return reply.redirect(`/login?${new URLSearchParams({ next: `/oauth/authorize?${query}` })}`, 303)
}

/** The request as it goes on through pages; `prompt` has been obeyed by then. */
const carried = (fields: Fields): Fields =>
  Object.fromEntries(AuthorizeRequest.parameters.flatMap((name) => (fields[name] ? [[name, fields[name]]] : [])))

const giveCode = async (
  context: HubContext,
  request: FastifyRequest,
  reply: FastifyReply,
  asked: Asked,
  user: Account.Account,
): Promise<FastifyReply> => {
  const code = await OauthCode.create(context.catalog.db, { ...asked, user }, context.clock())
  return sendBack(context, request, reply, asked, { code })
}

const sendBack = (
  context: HubContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { redirectUri, state }: Address,
  answer: Record<string, string>,
): FastifyReply => {
  const url = new URL(redirectUri)
  const all = { ...answer, ...(state === undefined ? {} : { state }), iss: originOf(context, request) }
  for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value)
  return reply.headers({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }).redirect(url.href, 303)
}

const orTellProgram = async (
  context: HubContext,
  request: FastifyRequest,
  reply: FastifyReply,
  address: Address,
  work: () => Promise<FastifyReply>,
): Promise<FastifyReply> => {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof OauthError)) throw error
    return sendBack(context, request, reply, address, { error: error.error, error_description: error.message })
  }
}

const askForConsent = (reply: FastifyReply, visit: BrowserSession.Visit, asked: Asked, fields: Fields) => {
  const { app, scopes, redirectUri } = asked
  return send(reply, {
    title: `Let ${app.name} in?`,
    leadsTo: redirectUri,
    body: html`${signedInAs(visit)}<p><strong>${app.name}</strong> wants to:</p>
<ul>${scopes.map((scope) => html`<li>${OauthScope.says(scope)}</li>`)}</ul>
<p>This goes for your own things and for those of your organisations. You are sent back to <code>${new URL(redirectUri).origin}</code>.</p>
<form method="post" action="/oauth/authorize">${hidden(visit, carried(fields))}
<button name="decision" value="approve">Allow</button><button name="decision" value="deny">Refuse</button></form>`,
  })
}
