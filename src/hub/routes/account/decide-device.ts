import type { FastifyRequest } from 'fastify'
import { parseSiweMessage } from 'viem/siwe'
import { Account, DeviceCode, OauthScope } from '../../../catalog/index.ts'
import { type Hex, Struct } from '../../../core/index.ts'
import { LoginWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import { findDevice, NoSuchDevice } from '../../login/find-device.ts'
import { originOf, type Route, requireHolder } from '../../request.ts'
import { LoginRefused, walletOf } from '../../wallet-login.ts'
import { assertUnlimited } from './create-token.ts'

/** Lets a waiting device in, or refuses it, without a browser. */
export const decideDevice: Route = (app, context) => {
  app.post('/api/dehug/device', async (request): Promise<LoginWire.DeviceDecided> => {
    const wish = Struct.parseWith(LoginWire.DecideDevice, request.body, 'decision about a device')
    const user = await personOf(context, request, wish)
    const { userCode, app: program, scopes } = await findDevice(context, request, user, wish.userCode)
    const { approve } = wish
    const { db } = context.catalog
    if (approve !== undefined && !(await DeviceCode.decide(db, { userCode, user, approve }, context.clock()))) {
      throw new NoSuchDevice()
    }
    return { program: program.name, scopes: scopes.map(OauthScope.says), user: user.name, approved: approve ?? null }
  })
}

/** The bearer of an unlimited token, or the wallet that signed a message for exactly this code. */
const personOf = async (
  context: HubContext,
  request: FastifyRequest,
  { userCode, message, signature }: LoginWire.DecideDevice,
): Promise<Account.Account> => {
  if (message === undefined || signature === undefined) return assertUnlimited(requireHolder(request))
  const code = DeviceCode.parse(userCode)
  if (code === undefined || !parseSiweMessage(message).statement?.includes(DeviceCode.format(code))) {
    throw new LoginRefused('its statement does not name the code')
  }
  const address = await walletOf(context, originOf(context, request), { message, signature: signature as Hex })
  return Account.ofWallet(context.catalog.db, address, undefined, context.clock())
}
