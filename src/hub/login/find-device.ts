import type { FastifyRequest } from 'fastify'
import { type Account, Attempts, DeviceCode, OauthApp } from '../../catalog/index.ts'
import { DehugError, NotFound } from '../../core/index.ts'
import type { HubContext } from '../context.ts'

/** Far too few to meet one of 20⁸ codes within its quarter of an hour. */
const perAccount: Attempts.Limit = { limit: 20, windowMs: 10 * 60_000 }
const perAddress: Attempts.Limit = { limit: 60, windowMs: 10 * 60_000 }

export type Waiting = { userCode: string; app: OauthApp.OauthApp; scopes: string[] }

/** The device that shows the code somebody typed. Throws {@link NoSuchDevice} and {@link TooManyTries}. */
export const findDevice = async (
  context: HubContext,
  request: FastifyRequest,
  user: Account.Account,
  typed: string,
): Promise<Waiting> => {
  const { db } = context.catalog
  const now = context.clock()
  const free = await Promise.all([
    Attempts.take(db, `user-code:${user.id}`, perAccount, now),
    Attempts.take(db, `user-code:${request.ip}`, perAddress, now),
  ])
  if (free.includes(false)) throw new TooManyTries()
  const userCode = DeviceCode.parse(typed)
  const device = userCode === undefined ? undefined : await DeviceCode.find(db, userCode, now)
  const app = device && (await OauthApp.find(db, device.clientId))
  if (!device || !app) throw new NoSuchDevice()
  return { userCode: device.userCode, app, scopes: device.scopes }
}

/** No device waits for this code. */
export class NoSuchDevice extends NotFound {
  constructor() {
    super('No device waits for this code: it is wrong, used or too old.', {
      code: 'no_such_device',
      hint: 'Compare it with the one on the device, or begin there again.',
    })
  }
}

/** Codes must not be found by trying. */
export class TooManyTries extends DehugError {
  constructor() {
    super('Too many codes were tried.', {
      code: 'too_many_tries',
      status: 429,
      retryable: true,
      hint: 'Wait ten minutes.',
    })
  }
}
