import { Account } from '../../../catalog/index.ts'
import { type Hex, Struct } from '../../../core/index.ts'
import { SessionWire } from '../../../wire/index.ts'
import * as BrowserSession from '../../login/BrowserSession.ts'
import { originOf, type Route } from '../../request.ts'
import { walletOf } from '../../wallet-login.ts'
import { sessionView } from './session-view.ts'

/** Signs a browser in with a wallet (ERC-4361), under a new cookie. */
export const createSession: Route = (app, context) => {
  app.post('/api/dehug/session', async (request, reply) => {
    const visit = await BrowserSession.of(context, request, reply)
    BrowserSession.assertOwnWrite(context, request, visit)
    const { message, signature, username } = Struct.parseWith(SessionWire.SignIn, request.body, 'sign-in')
    const signed = { message, signature: signature as Hex }
    const address = await walletOf(context, originOf(context, request), signed)
    const user = await Account.ofWallet(context.catalog.db, address, username, context.clock())
    const signedIn = await BrowserSession.signIn(context, request, reply, visit, user)
    return sessionView(context, request, reply, signedIn)
  })
}
