import type { FastifyReply } from 'fastify'
import { DeviceCode, OauthScope } from '../../../catalog/index.ts'
import * as BrowserSession from '../../login/BrowserSession.ts'
import { findDevice, NoSuchDevice, type Waiting } from '../../login/find-device.ts'
import { formOf, queryOf } from '../../login/form.ts'
import { html, send } from '../../login/Html.ts'
import { hidden, signedInAs } from '../../login/SignInPage.ts'
import type { Route } from '../../request.ts'

/** The page where a person lets a device in (RFC 8628, section 3.3). */
export const decideDevice: Route = (app, context) => {
  app.get('/login/device', async (request, reply) => {
    const { user_code: typed } = queryOf(request)
    const visit = await BrowserSession.of(context, request, reply)
    if (!visit.user) return reply.redirect(`/login?${new URLSearchParams({ next: request.url })}`, 303)
    if (typed === undefined) return askForCode(reply, visit)
    return askForConsent(reply, visit, await findDevice(context, request, visit.user, typed))
  })

  app.post('/login/device', async (request, reply) => {
    const form = formOf(request)
    const visit = await BrowserSession.of(context, request, reply)
    BrowserSession.assertOwnForm(request, visit, form)
    if (!visit.user) return reply.redirect('/login?next=/login/device', 303)
    const { userCode, app: program } = await findDevice(context, request, visit.user, form.user_code ?? '')
    const approve = form.decision === 'approve'
    const decision = { userCode, user: visit.user, approve }
    if (!(await DeviceCode.decide(context.catalog.db, decision, context.clock()))) throw new NoSuchDevice()
    return send(reply, {
      title: approve ? 'Approved' : 'Denied',
      body: approve
        ? html`<p>${program.name} is signed in as <strong>${visit.user.name}</strong>. You can close this page.</p>
<p><a href="/login/delegate">Let the hub anchor what it commits</a></p>`
        : html`<p>${program.name} was not signed in. You can close this page.</p>`,
    })
  })
}

const askForCode = (reply: FastifyReply, visit: BrowserSession.Visit) =>
  send(reply, {
    title: 'Sign in on a device',
    body: html`${signedInAs(visit)}<form method="get" action="/login/device"><label for="code">The code that the device shows</label>
<input id="code" name="user_code" autocomplete="off" autocapitalize="characters" spellcheck="false" required><button>Continue</button></form>`,
  })

const askForConsent = (reply: FastifyReply, visit: BrowserSession.Visit, { userCode, app, scopes }: Waiting) =>
  send(reply, {
    title: 'Sign in on a device',
    body: html`${signedInAs(visit)}<p><strong>${app.name}</strong> shows the code <code>${DeviceCode.format(userCode)}</code> and wants to:</p>
<ul>${scopes.map((scope) => html`<li>${OauthScope.says(scope)}</li>`)}</ul>
<p class="note">Approve only if you began this yourself and the device shows exactly this code. Whoever sent you a code could act as you.</p>
<form method="post" action="/login/device">${hidden(visit, { user_code: userCode })}
<button name="decision" value="approve">Approve</button><button name="decision" value="deny">Deny</button></form>`,
  })
