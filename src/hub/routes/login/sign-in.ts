import type { FastifyRequest } from 'fastify'
import { Account, Token } from '../../../catalog/index.ts'
import { BadInput, type Hex, NotAuthenticated } from '../../../core/index.ts'
import type { HubContext } from '../../context.ts'
import * as BrowserSession from '../../login/BrowserSession.ts'
import { type Fields, formOf } from '../../login/form.ts'
import { nextPage } from '../../login/next-page.ts'
import { originOf, type Route } from '../../request.ts'
import { walletOf } from '../../wallet-login.ts'

/** Signs a browser in with a signed message (ERC-4361) or a token. */
export const signIn: Route = (app, context) => {
  app.post('/login', async (request, reply) => {
    const form = formOf(request)
    const visit = await BrowserSession.of(context, request, reply)
    BrowserSession.assertOwnForm(request, visit, form)
    const user = form.token === undefined ? await byWallet(context, request, form) : await byToken(context, form.token)
    await BrowserSession.signIn(context, request, reply, visit, user)
    return reply.redirect(nextPage(form.next), 303)
  })
}

const byWallet = async (context: HubContext, request: FastifyRequest, form: Fields): Promise<Account.Account> => {
  // A form field ends its lines with CRLF, whatever the text had.
  const message = form.message?.replaceAll('\r\n', '\n')
  const signature = form.signature?.trim()
  if (message === undefined || !/^0x([0-9a-fA-F]{2}){1,4096}$/.test(signature ?? '')) {
    throw new BadInput('Sign the message and paste the signature: 0x and hexadecimal digits.', { code: 'bad_login' })
  }
  const address = await walletOf(context, originOf(context, request), { message, signature: signature as Hex })
  return Account.ofWallet(context.catalog.db, address, undefined, context.clock())
}

/** A token with limits must not become a session without them. */
const byToken = async ({ catalog, clock }: HubContext, secret: string): Promise<Account.Account> => {
  const holder = await Token.find(catalog.db, secret.trim(), clock())
  if (holder && Token.isUnlimited(holder.token)) return holder.user
  throw new NotAuthenticated('This is not a write token without limits.', {
    code: 'login_refused',
    hint: 'Use the token of `dehug login`, or sign in with the wallet.',
  })
}
